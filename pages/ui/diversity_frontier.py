"""Diversity's frontier: drawn on demand by a process of its own, then a chart whose points set the dial."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import following, parts, state
from pages.ui.diversity_controls import METHOD, STRENGTH, Asked
from pages.ui.links import linked
from recsys_core.charts import diversity as charts
from recsys_core.charts.theme import title_of
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import number, rehearsing
from recsys_core.i18n import _
from recsys_core.ranking.rerank import METHODS
from recsys_core.runs import Run
from recsys_core.scenarios.frontier import Frontier, knees_of
from recsys_core.scenarios.judging import MEANT
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.rehearsal import check_rehearsable

CHART = "diversity_frontier"
GAINED = [name for name in MEANT if name != "ndcg"]


def show(run: Run, serving: Serving, asked: Asked, drawn: Frontier | None) -> Callable[[], None] | None:
    """The chart, or the button that draws it; what is left to do at the very end of the page."""
    words = serving.data.words
    st.header(_("What it costs and brings, for everybody"))
    if drawn is None:
        return _offer(run, serving, asked)
    measure = st.radio(
        _("What is gained"),
        GAINED,
        key=linked("gained", GAINED[0], options=GAINED),
        persist_state="session",
        format_func=lambda one: _(MEANT[one].title),
        horizontal=True,
        help="  \n".join(f"**{_(MEANT[one].title)}**: {_meaning(one, serving)}" for one in GAINED),
    )
    whole = st.toggle(
        _("Whole curves"),
        key="diversity_whole",
        help=_("Also the points that lose more than a tenth of NDCG."),
    )
    points = drawn.points if whole else charts.useful(drawn.points)
    knees = knees_of(drawn, measure)
    chart = charts.frontier(
        points, measure, MEANT[measure], asked.setting, knees, k=drawn.k, dark=state.dark()
    )
    st.altair_chart(
        parts.drawn(chart), key=CHART, on_select=_picked, selection_mode=charts.PICK, alt=title_of(chart)
    )
    st.caption(
        _(
            "Click a point to set the dial there. Judged on the validation rows of {n:,} {users}; test is not touched. Whiskers "
            "are the 95 % interval over {users}. {knee}"
        ).format(n=drawn.n_users, users=words.users, knee=_knee_said(knees, asked))
    )
    with st.expander(_("Every point")):
        _table(drawn)
    return None


def _meaning(name: str, serving: Serving) -> str:
    words = serving.data.words
    return _(MEANT[name].words).format(
        k="k", item=words.item, items=words.items, user=words.user, users=words.users, value=words.value
    )


def _knee_said(knees: dict[str, float], asked: Asked) -> str:
    own, title = knees.get(asked.setting.method), _(METHODS[asked.setting.method][0])
    if own is None:
        return _("The curve of {method} has no knee here.").format(method=title)
    return _("The knee of {method} is at strength {strength:.1f}.").format(method=title, strength=own)


def _picked() -> None:
    """A point was clicked: the dial goes there."""
    picked(st.session_state[CHART], st.session_state)


def picked(event: Any, dial: Any) -> None:
    """Sets the dial's two keys to the point that an event of the chart names; nothing where it names none."""
    chosen = event["selection"].get(charts.PICK, [])
    strength = chosen[0].get("strength") if chosen else None
    if isinstance(strength, (int, float)) and 0 <= strength <= 1 and chosen[0].get("method") in METHODS:
        dial[METHOD], dial[STRENGTH] = chosen[0]["method"], round(float(strength), 2)


def _offer(run: Run, serving: Serving, asked: Asked) -> Callable[[], None] | None:
    """The empty state: what would be here, and the button that makes it."""
    with st.container(border=True):
        try:
            check_rehearsable(run, serving.data)
        except RecsysError as problem:
            st.info(parts.plain(problem, parts.LONGEST_SENTENCE), icon=":material/info:")
            return None
        st.markdown(
            _(
                "All re-rankers at all strengths, judged on the validation rows: NDCG with its interval against difference, "
                "coverage, novelty and taste. The model learns once more without those rows; that takes some seconds, "
                "once."
            )
        )
        button, line = st.empty(), st.empty()
        clicked = button.button(
            _("Draw the frontier"), key="diversity_draw", type="primary", icon=":material/query_stats:"
        )
    return (lambda: _draw(run, asked, button, line)) if clicked else None


def _draw(run: Run, asked: Asked, button: Any, place: Any) -> None:
    button.empty()
    command = ["frontier", run.id, "--k", str(asked.k), "--distance", asked.setting.distance]
    refused = following.follow(command, place, key="diversity_stop", words=rehearsing)
    if refused:
        place.empty()
        parts.error(refused)
    else:
        st.rerun()


def _table(drawn: Frontier) -> None:
    """The points as a table, with their intervals."""
    rows = []
    for row in drawn.points.to_dict("records"):
        line = {_("Re-ranker"): _(METHODS[row["method"]][0]), _("Strength"): row["strength"]}
        for name, meant in MEANT.items():
            half = (row[f"{name}_high"] - row[f"{name}_low"]) / 2
            line[_(meant.title)] = f"{number(row[name])} ± {number(half)}"
        line[_("Places changed")] = row["changed"]
        rows.append(line)
    table = pd.DataFrame(rows)
    st.dataframe(table, key="diversity_points", hide_index=True, alt=_("Every point of the frontier"))
    st.download_button(
        _("Points as CSV"),
        parts.safe_csv(drawn.points),
        "frontier.csv",
        "text/csv",
        key="diversity_csv",
        on_click="ignore",
        icon=":material/download:",
    )
