"""Explore: what is in the data."""

import streamlit as st

from pages.ui import cached, parts, shell, state

shell.guard()

from pages.ui import explore_charts, explore_details, explore_selection  # noqa: E402
from recsys_core.i18n import _  # noqa: E402

parts.title(_("Explore"), _("What is in the data: how much, how sparse, who chooses what, and when?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to explore yet."), _("Bring your own data"), "prepare")
words = data.words
with parts.boundary(), st.spinner(_("Counting {n:,} interactions …").format(n=len(data.interactions))):
    index = cached.event_index(data.name, data.fingerprint)
    selection, by = explore_selection.read(index)
    seen = cached.view(data.name, data.fingerprint, selection, by)
    found = cached.findings(data.name, data.fingerprint)

explore_selection.controls(index, selection, by)
explore_selection.in_words(index, selection, seen.n_rows)
if seen.n_rows:
    explore_charts.answer(index, seen)
    explore_charts.figures(index, seen, len(found))
else:
    with st.container(border=True):
        st.header(_("No interaction is in this selection."), anchor=False)
        st.button(
            _("Look at all rows"),
            key="explore_everything",
            on_click=explore_selection.clear,
            icon=":material/filter_alt_off:",
            type="primary",
        )
explore_charts.selecting(index, seen, by)
if seen.n_rows:
    explore_charts.spread(index, seen)
    explore_charts.tables(index, seen, by)
explore_details.warnings(found)
explore_details.neighbours(index)
explore_details.search(index, selection)

first, last, picks = (st.session_state[key] for key in explore_selection.IN_ADDRESS[:3])
parts.code("explore", data=data.name, first=first, last=last, picks=picks)
parts.about(
    _(
        "**Sparsity** is the share of pairs nobody has told us about. Recommending means filling in the ones that matter."
    ),
    _(
        "**The long tail**: a few {items} get most of the attention. A model that only repeats them looks good and "
        "helps nobody; that is why popularity stands beside every model here. The **Lorenz curve** shows how unequal "
        "it is: the further below the dashed line, the more goes to a few. The **Gini** coefficient is its figure."
    ).format(items=words.items),
    _(
        "**Cold** {users} and {items} have fewer than five interactions: too few to learn from them alone."
    ).format(users=words.users, items=words.items),
    _(
        "**Intervals** are 95 %: means of values by the normal approximation, shares of 1 by Wilson's method; the rows "
        "of a group count as independent of each other. **Times** are UTC."
    ),
    _(
        "**Neighbours** are {items} that the same {users} chose: the cosine between their columns of the table of who "
        "chose what."
    ).format(items=words.items, users=words.users),
)
