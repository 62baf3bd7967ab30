"""Explore: what is in the data."""

import streamlit as st

from pages.ui import cached, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.charts import explore as charts  # noqa: E402
from recsys_core.evaluation.meanings import number  # noqa: E402
from recsys_core.i18n import _  # noqa: E402

parts.title(_("Explore"), _("What is in the data: how much, how sparse, who chooses what, and when?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to explore yet."), _("Bring your own data"), "prepare")
with parts.boundary():
    seen = cached.profile(data.name, data.fingerprint)
words, dark = data.words, state.dark()

parts.answer(
    _(
        "{users:,} {user_noun} and {items:,} {item_noun}: of all pairs, {density:.1%} are known, "
        "and half of the interactions go to {half:.1%} of the {item_noun}."
    ).format(
        users=seen.n_users,
        user_noun=words.users,
        items=seen.n_items,
        item_noun=words.items,
        density=seen.density,
        half=seen.half_share,
    )
)
figures = st.columns(4)
figures[0].metric(_("Interactions"), f"{seen.n_rows:,}", border=True, help=_("Rows after cleaning."))
figures[1].metric(
    _("Sparsity"),
    f"{1 - seen.density:.1%}",
    border=True,
    help=_("Share of all pairs of {user} and {item} about which nothing is known.").format(
        user=words.user, item=words.item
    ),
)
figures[2].metric(
    _("Median activity"),
    f"{seen.median_activity:,.0f}",
    border=True,
    help=_("Half of the {users} have at most so many interactions.").format(users=words.users),
)
figures[3].metric(
    _("Mean {value}").format(value=words.value),
    number(seen.mean_value),
    border=True,
    help=_("Over all interactions."),
)

left, right = st.columns(2)
left.altair_chart(charts.value_histogram(seen.values, words, dark=dark), key="explore_values")
right.altair_chart(charts.long_tail(seen.items_tail, seen.half_share, words, dark=dark), key="explore_tail")
left, right = st.columns(2)
left.altair_chart(
    charts.activity(seen.activity, seen.median_activity, words, dark=dark), key="explore_activity"
)
if len(seen.over_time):
    right.altair_chart(charts.over_time(seen.over_time, dark=dark), key="explore_time")
else:
    right.info(
        _("This data has no times, so there is nothing to draw over time."), icon=":material/schedule:"
    )

names = list(dict.fromkeys(seen.attributes["attribute"]))
if names:
    attribute = st.segmented_control(
        _("Attribute"),
        names,
        key=linked("by", names[0], options=names),
        persist_state="session",
        required=True,
        help=_("Interactions by what is known of the {items}.").format(items=words.items),
    )
    shown = seen.attributes[seen.attributes["attribute"] == attribute]
    st.altair_chart(charts.by_attribute(shown, attribute, words, dark=dark), key="explore_attribute")

st.header(_("Search"))
subjects = {"items": words.items, "users": words.users}
with st.container(border=True, horizontal=True):
    subject = st.segmented_control(
        _("Look for"),
        list(subjects),
        key=linked("what", "items", options=subjects),
        format_func=subjects.get,
        persist_state="session",
        required=True,
    )
    search = st.text_input(
        _("Text"),
        key=linked("search", ""),
        persist_state="session",
        max_chars=100,
        placeholder=_("part of a title or an id"),
    )
of_items = subject == "items"
table, n_found = (cached.item_table if of_items else cached.user_table)(data.name, data.fingerprint, search)
if table.empty:
    st.info(_("Nothing holds this text. Try a shorter part of it."), icon=":material/search_off:")
else:
    st.dataframe(
        table,
        key="explore_table",
        hide_index=True,
        height=320,
        column_config={
            "count": st.column_config.NumberColumn(
                _("interactions"), help=_("How often chosen, or choosing.")
            ),
            "mean": st.column_config.NumberColumn(_("mean {value}").format(value=words.value), format="%.2f"),
        },
        alt=_("Table of what was found"),
    )
    said = (
        _("{n:,} found, most active first.")
        if n_found == len(table)
        else _("{n:,} found; the {shown:,} most active are shown.")
    )
    st.caption(said.format(n=n_found, shown=len(table)))
parts.code("explore", data=data.name, search=search)
parts.about(
    _(
        "**Sparsity** is the share of pairs nobody has told us about. Recommending means filling in the ones that matter."
    ),
    _(
        "**The long tail**: a few {items} get most of the attention. A model that only repeats them looks good and "
        "helps nobody; that is why popularity stands beside every model here."
    ).format(items=words.items),
)
