"""Recommend: a person's history, and the list they would get."""

import random

import pandas as pd
import streamlit as st

from pages.ui import cached, guards, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.columns import ITEM_ROW, TIME, TITLE, USER, VALUE  # noqa: E402
from recsys_core.data.features import attribute_values, categorical_columns  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.scenarios.lists import diversity_of, history_of, reasons, user_list  # noqa: E402

MANY_USERS = 20_000
HISTORY_SHOWN = 30
FAVOURITES = 5
ROW_HEIGHT = 35

parts.title(_("Recommend"), _("What would this person see, and why?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nobody to recommend to yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
run = state.run()
if run is None:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
words = data.words
with parts.boundary():
    serving = cached.serving(run.id, data.fingerprint)

ids = data.users[USER]


def somebody() -> None:
    """Chooses a user at random."""
    st.session_state["user"] = random.choice(ids.to_list())


most = min(50, data.n_items)
with st.container(border=True):
    controls = st.columns([1.6, 0.8, 0.8, 1.8], vertical_alignment="bottom")
    label = words.user.capitalize()
    if data.n_users <= MANY_USERS:
        user = controls[0].selectbox(
            label,
            list(ids),
            key=linked("user", ids.iloc[0], options=set(ids)),
            persist_state="session",
            help=_("Type to search by id."),
        )
    else:
        user = controls[0].text_input(
            label,
            key=linked("user", ids.iloc[0]),
            persist_state="session",
            help=_("An id as in the file."),
        )
    controls[1].button(
        _("Somebody"),
        key="recommend_random",
        on_click=somebody,
        icon=":material/casino:",
        help=_("Somebody at random."),
    )
    k = controls[2].number_input(
        _("How many"),
        1,
        most,
        key=linked("k", min(10, most), low=1, high=most),
        persist_state="session",
    )
    strength = controls[3].slider(
        _("Diversity"),
        0.0,
        1.0,
        step=0.05,
        key=linked("diversity", 0.0, low=0.0, high=1.0),
        persist_state="session",
        help=_(
            "0: as ranked. Higher: {items} that are unlike those already in the list come in (MMR)."
        ).format(items=words.items),
    )
    groups = categorical_columns(data)
    wanted: list[str] = []
    if groups:
        values = sorted(set(attribute_values(data.items[groups[0]], is_list=groups[0] in data.list_columns)))
        linked("only", [], options=set(values))
        wanted = (
            st.pills(
                _("Only {attribute}").format(attribute=groups[0]),
                values,
                selection_mode="multi",
                key="only",
                persist_state="session",
            )
            if len(values) <= 40
            else st.multiselect(
                _("Only {attribute}").format(attribute=groups[0]),
                values,
                key="only",
                persist_state="session",
            )
        )

with parts.boundary():
    row = int(data.user_rows(user)[0])
    allowed = None
    if wanted:
        of_items = attribute_values(data.items[groups[0]], is_list=groups[0] in data.list_columns)
        allowed = data.items.index.isin(of_items.index[of_items.isin(wanted)])
    plain_list = user_list(serving, row, k=int(k), allowed=allowed)
    chosen = user_list(serving, row, k=int(k), strength=strength, allowed=allowed) if strength else plain_list
    history = history_of(serving, row)
known = history[history["part"] == "train"]
because = reasons(serving, serving.history(row), chosen[ITEM_ROW].to_numpy())

hits = int(chosen["hit"].sum())
n_held_out = int((history["part"] == "test").sum())
sentence = _("{model}: {hits} of {n} held-out {items} found in this list of {k}.").format(
    model=_(registry.spec(run.config.model).title), hits=hits, k=len(chosen), items=words.items, n=n_held_out
)
if strength:
    came = len(set(chosen[ITEM_ROW]) - set(plain_list[ITEM_ROW]))
    sentence += " " + _(
        "The dial changed {n} of them: difference within the list {before:.2f} → {after:.2f}."
    ).format(n=came, before=diversity_of(serving, plain_list), after=diversity_of(serving, chosen))
parts.answer(sentence)

titles = data.items[TITLE]
listed, past = st.columns([1.25, 1], gap="medium")
with listed:
    st.header(_("The list"))
    if chosen.empty:
        st.info(_("Nothing fits these filters. Take one away."), icon=":material/filter_alt_off:")
    low, high = (float(chosen["score"].min()), float(chosen["score"].max())) if len(chosen) else (0.0, 1.0)
    before = dict(zip(plain_list[ITEM_ROW], plain_list["rank"], strict=True))
    for (_place, line), carried in zip(chosen.iterrows(), because, strict=True):
        badges = [f":green-badge[:material/check: {_('held out, hit')}]"] if line["hit"] else []
        if strength and line[ITEM_ROW] not in before:
            badges.append(f":orange-badge[{_('new')}]")
        reason = ""
        if carried:
            names = _(" and ").join(parts.plain(titles.iloc[one]) for one in carried)
            reason = _("because this {user} {verb} {titles}").format(
                user=words.user, verb=words.verb, titles=names
            )
        share = (line["score"] - low) / (high - low) if high > low else 1.0
        parts.card(
            line, data.item_attributes, share=0.08 + 0.92 * share, badge=" ".join(badges), reason=reason
        )
    if not serving.scorer.can.new_users:
        st.caption(
            _("This model knows people by their id only, so it cannot say which choices carry a suggestion.")
        )
    if strength:
        gone = [titles.iloc[one] for one in plain_list[ITEM_ROW] if one not in set(chosen[ITEM_ROW])]
        if gone:
            st.caption(_("Gone: {titles}").format(titles=", ".join(parts.plain(one) for one in gone)))
    st.download_button(
        _("List as CSV"),
        parts.safe_csv(chosen.drop(columns=[ITEM_ROW])),
        "list.csv",
        "text/csv",
        key="recommend_csv",
        on_click="ignore",
        icon=":material/download:",
    )
with past:
    st.header(_("What they {verb}").format(verb=words.verb))
    if TIME in history:
        first, last = (pd.to_datetime(one, unit="s") for one in (history[TIME].min(), history[TIME].max()))
        st.caption(_("from {first:%d %b %Y} to {last:%d %b %Y}").format(first=first, last=last))
    about_user = [f"{name} {data.users.iloc[row][name]}" for name in data.user_attributes]
    st.markdown(parts.chips([_("{n} interactions").format(n=len(history)), *about_user]))
    if groups:
        column = groups[0]
        mine = attribute_values(data.items[column].iloc[known[ITEM_ROW]], is_list=column in data.list_columns)
        favourites = mine.value_counts(normalize=True).head(FAVOURITES)
        table = cached.attribute_shares(data.name, data.fingerprint)
        of_all = table[table["attribute"] == column].set_index("value")["share"]
        st.caption(_("Favourite {attribute}, and everybody's share of it").format(attribute=column))
        st.markdown(
            parts.chips(
                [f"{name} {share:.0%} ({of_all.get(name, 0.0):.0%})" for name, share in favourites.items()]
            )
        )
    columns = [TITLE, VALUE] if VALUE in history and history[VALUE].nunique() > 1 else [TITLE]
    newest = history.head(HISTORY_SHOWN)
    shown = newest[columns].assign(**{_("held out"): newest["part"] == "test"})
    if TIME in history:
        shown.insert(len(columns), _("when"), pd.to_datetime(newest[TIME], unit="s").dt.date)
    st.dataframe(
        shown,
        key="recommend_history",
        hide_index=True,
        height=min(560, ROW_HEIGHT * (len(shown) + 1) + 2),
        column_config={
            TITLE: st.column_config.TextColumn(words.item, width=150),
            VALUE: st.column_config.NumberColumn(words.value, format="%g", width=50),
            _("when"): st.column_config.DateColumn(width=80),
            _("held out"): st.column_config.CheckboxColumn(
                width=60, help=_("Kept from training, so that a hit in the list is a real prediction.")
            ),
        },
        alt=_("What this person chose, newest first"),
    )
    if len(history) > HISTORY_SHOWN:
        st.caption(_("The newest {n} of {all}.").format(n=HISTORY_SHOWN, all=len(history)))
parts.code("recommend", run=run.id, user=str(user), k=int(k), strength=float(strength))
parts.about(
    _(
        "The model scores the whole catalogue; what this {user} already chose in training is left out; the best stay."
    ).format(user=words.user),
    _(
        "**The bar and its number** are the model's score, on the model's own scale: a predicted value where it predicts "
        "values, else a measure that only orders. The bar compares the items of this list."
    ),
    _(
        "**Diversity** re-ranks the first 200: each place goes to the best mix of a high score and being unlike what is "
        "already listed (maximal marginal relevance)."
    ),
    _(
        "**Why**: each past choice is left out in turn (in large catalogues only the newest and the most alike of a long "
        "history); the ones whose absence lowers the score most carry the suggestion."
    ),
)
