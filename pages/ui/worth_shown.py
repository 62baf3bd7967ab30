"""Worth of a feature: the answer, its charts and verdicts, what was measured before, and what it all means."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from pages.ui.worth_controls import Asked
from recsys_core.charts import worth as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import meaning, number, title
from recsys_core.evaluation.worth import HELPS, HURTS, NO_EVIDENCE
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.scenarios import worth_told
from recsys_core.scenarios.worth import Worth

BADGES: dict[str, tuple[str, Literal["green", "red", "gray"]]] = {
    HELPS: (":material/trending_up:", "green"),
    HURTS: (":material/trending_down:", "red"),
    NO_EVIDENCE: (":material/drag_handle:", "gray"),
}


def show(found: Worth, data: Dataset) -> None:
    """One result, the answer first."""
    words, model = data.words, _(registry.spec(found.about["model"]).title)
    parts.answer(worth_told.sentence(found, model, words))
    icon, colour = BADGES[found.verdict]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(_(worth_told.VERDICTS[found.verdict]), icon=icon, color=colour)
        st.markdown(
            parts.plain(worth_told.reason(found), parts.LONGEST_SENTENCE),
            help=meaning(found.metric, words),
            width="content",
        )
    left, right = st.columns(2)
    arms = charts.arms(worth_told.arms_table(found), found.metric, dark=state.dark())
    left.altair_chart(parts.drawn(arms), key="worth_arms", alt=title_of(arms))
    gains = charts.gains(worth_told.gains_table(found), found.metric, dark=state.dark())
    right.altair_chart(parts.drawn(gains), key="worth_gains", alt=title_of(gains))
    st.caption(
        _(
            "Judged on the validation rows of {n:,} {users}; test is not touched, so that a column may be chosen by this. "
            "Left: a dot a seed, whiskers 95 % over {users} and seeds. Right: the same {users} and seeds side by side."
        ).format(n=found.n_users, users=words.users)
    )
    with st.expander(_("The figures, and what their intervals hold")):
        _figures(found, data)


def _figures(found: Worth, data: Dataset) -> None:
    table = worth_told.gains_table(found)
    shown = pd.DataFrame(
        {
            _("Compared"): table["against"],
            _("Verdict"): [_(worth_told.VERDICTS[one]) for one in table["verdict"]],
            _("Better by"): [number(one) for one in table["mean"]],
            _("95 % from"): [number(one) for one in table["low"]],
            _("to"): [number(one) for one in table["high"]],
            _("Error over {users}").format(users=data.words.users): [number(one) for one in table["users"]],
            _("Error over seeds"): [number(one) for one in table["seeds"]],
            _("Luck of a shuffle"): [number(one) for one in table["luck"]],
        }
    )
    alt = _("The two differences with their intervals")
    st.dataframe(shown, key="worth_differences", hide_index=True, alt=alt)
    st.caption(
        _(
            "Errors are standard errors; their squares add up. The interval covers other {users} like these, other seeds "
            "and, against shuffled, other shuffles. It does not cover other {items} held out, or another split."
        ).format(users=data.words.users, items=data.words.items)
    )
    trainings = worth_told.arms_table(found)[["arm", "seed", "value"]]
    names = {"arm": _("Arm"), "seed": _("Seed"), "value": title(found.metric)}
    said = trainings.assign(value=[number(one) for one in trainings["value"]]).rename(columns=names)
    st.dataframe(said, key="worth_trainings", hide_index=True, alt=_("Every training"))
    st.download_button(
        _("Trainings as CSV"),
        parts.safe_csv(trainings),
        "worth.csv",
        "text/csv",
        key="worth_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def listed(worths: list[Worth], data: Dataset) -> None:
    """Everything that was measured on these data."""
    if not worths:
        return
    models = {one.name: _(one.title) for one in registry.known()}
    st.header(_("Measured so far"))
    table = pd.DataFrame(worth_told.listed(worths, models, data.words))
    st.dataframe(table, key="worth_listed", hide_index=True, alt=_("Everything measured on these data"))


def explain(data: Dataset, asked: Asked | None) -> None:
    """The lines of code, and what the page means."""
    words = data.words
    parts.code(
        "worth",
        data=data.name,
        model=asked.model if asked else "two_tower",
        attribute=asked.attribute if asked else "items.title",
        split=str(asked.split) if asked else "user-random",
        split_seed=asked.split.seed if asked else 42,
        k=asked.k if asked else 10,
        seeds=asked.seeds if asked else 3,
        settings={},
    )
    parts.about(
        _(
            "**Why shuffled?** A column brings a model more weights, and more weights alone can move a figure. Shuffled, the "
            "column has the same values and as many weights, but every {item} (or {user}) has somebody else's: no "
            "information. Only what beats that is worth something."
        ).format(item=words.item, user=words.user),
        _(
            "**helps**: surely better than without the column and than shuffled. **hurts**: surely worse than both. "
            "**no evidence**: anything else. That is no proof that it is worth nothing; more seeds may tell."
        ),
        _(
            "**The interval** holds three kinds of chance: which {users} there are, from which seed a model starts, and, "
            "against shuffled, how lucky one shuffle is: a column of lots drawn would be one more of them."
        ).format(users=words.users),
        _(
            "**Validation rows judge.** Whoever chooses columns by test rows has no honest test any more. Models choose their "
            "epochs on a part of the training rows of their own, held out by the same rule."
        ),
        _(
            "An attribute is worth most where nothing else is known: on new {items} (cold-item), for new {users} (cold-user). "
            "What it is worth here depends on the columns beside it, which may say the same."
        ).format(items=words.items, users=words.users),
    )
