"""Metrics as charts: by k, one figure against another, over users, and how the networks learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.ui import metrics_chosen, parts, state
from pages.ui.links import linked
from pages.ui.metrics_chosen import Drawn
from recsys_core.charts import compare, pareto
from recsys_core.charts import spread as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import meaning, split_name, title
from recsys_core.evaluation.metrics import RANKING_METRICS
from recsys_core.i18n import _
from recsys_core.scenarios.chosen import Chosen, PickedRange, user_values
from recsys_core.scenarios.leaderboard import Row, learning_curves
from recsys_core.scenarios.spread import against, between, k_curves, share_of_zero, spread, wanted_direction

SPREAD = "metrics_spread_chart"
SECOND = "second"


def show(rows: Sequence[Row], data: Dataset, metric: str) -> None:
    """The view; all charts in one fragment, so that a gesture on one draws the others anew and nothing else."""

    @st.fragment
    def view() -> None:
        _view(rows, data, metric)

    view()


def _view(rows: Sequence[Row], data: Dataset, metric: str) -> None:
    shown = metrics_chosen.drawn(rows, data)
    chosen = metrics_chosen.restricted(shown)
    left, right = st.columns(2)
    with left:
        _by_k(shown, metric, chosen)
    with right:
        _over_users(shown, metric, chosen)
    _trade_off(shown, metric, chosen)
    _learning(shown)


def _by_k(shown: Drawn, metric: str, chosen: Chosen) -> None:
    base, _k = split_name(metric)
    base = base if base in RANKING_METRICS else "ndcg"
    k = shown.rows[0].config.k
    table = k_curves(shown.judged, shown.labels, base, chosen=chosen)
    chart = charts.k_curves(table, base, k, shown.colours, dark=state.dark())
    st.altair_chart(parts.drawn(chart), key="metrics_by_k", alt=title_of(chart))
    st.caption(
        _("Bands: 95 % interval over {users}. {meaning}").format(
            users=shown.data.words.users, meaning=meaning(f"{base}@{k}", shown.data.words)
        )
    )


def _over_users(shown: Drawn, metric: str, chosen: Chosen) -> None:
    others = metrics_chosen.without(chosen, PickedRange, shown)
    table = spread(shown.judged, shown.labels, metric, chosen=others)
    words = shown.data.words
    if not len(table):
        text = _(
            "{metric} is one figure for all lists together, or nobody is left: there is nothing to spread over {users}."
        )
        st.info(text.format(metric=title(metric), users=words.users), icon=":material/info:")
        return
    place = st.container()
    adding = st.toggle(
        _("Add up"),
        key="metrics_adding",
        help=_("The share of {users} with at most so much, instead of the share in each step.").format(
            users=words.users
        ),
    )
    ranges = [pick for pick in chosen.picks if isinstance(pick, PickedRange) and pick.metric == metric]
    chart = charts.spread(
        table,
        metric,
        words.users,
        shown.colours,
        adding_up=adding,
        chosen=(ranges[0].low, ranges[0].high) if ranges else None,
        dark=state.dark(),
    )
    place.altair_chart(
        parts.drawn(chart),
        key=metrics_chosen.draw_key(SPREAD),
        on_select=metrics_chosen.answering(SPREAD, lambda event: brushed(event, shown, metric, others)),
        selection_mode=charts.BRUSH,
        alt=title_of(chart),
    )
    zero = {shown.labels[one]: share for one, share in share_of_zero(table).items() if share > 0}
    told = _("Drag over it to choose {users} by what {run} gives them.").format(
        users=words.users, run=shown.labels[shown.first]
    )
    if zero:
        told += " " + _("Nothing at all: {shares}.").format(
            shares=", ".join(f"{label} {share:.0%}" for label, share in zero.items())
        )
    st.caption(parts.plain(told, parts.LONGEST_SENTENCE))


def brushed(event: dict[str, Any], shown: Drawn, metric: str, others: Chosen) -> None:
    """A stretch was brushed: the users are chosen whose value under the first run lies in it."""
    ends = event.get(charts.BRUSH, {}).get("place", [])
    if len(ends) != 2 or user_values(shown.judged[shown.first], metric) is None:
        return
    table = spread(shown.judged, shown.labels, metric, chosen=others)
    found = between(table, shown.first, float(min(ends)), float(max(ends)))
    if found is not None:
        metrics_chosen.choose(PickedRange(metric, shown.first, *found))


def _trade_off(shown: Drawn, metric: str, chosen: Chosen) -> None:
    """Every run, whatever is drawn above: a front of some would say little."""
    available = list(dict.fromkeys(name for row in shown.rows for name in row.metrics if name != metric))
    if not available:
        return
    k = shown.rows[0].config.k
    first = next((name for name in (f"coverage@{k}", f"ndcg@{k}") if name in available), available[0])
    st.header(_("One figure against another, every run"))
    second = st.selectbox(
        _("Against"),
        available,
        key=linked(SECOND, first, options=available),
        persist_state="session",
        format_func=title,
        help=_("The figure across; the one up is the page's."),
        width=320,
    )
    table = against(shown.rows, second, metric)
    directions = wanted_direction(second), wanted_direction(metric)
    chart = pareto.against(table, second, metric, shown.colours, directions=directions, dark=state.dark())
    st.altair_chart(parts.drawn(chart), key="metrics_against", alt=title_of(chart))
    st.caption(
        _(
            "Diamonds on the dashed line are the front: nothing is better in both figures. Whiskers: 95 % interval over {users}. "
            "{across}: {meaning}"
        ).format(
            users=shown.data.words.users, across=title(second), meaning=meaning(second, shown.data.words)
        )
        + (" " + _("Of all test rows, whatever is chosen above.") if chosen else "")
    )


def _learning(shown: Drawn) -> None:
    """The validation curves of the networks among the runs that are drawn."""
    mine = [row for row in shown.rows if row.run.id in shown.judged]
    learned = learning_curves(mine)
    if not learned:
        return
    st.header(_("How the networks learned"))
    here = {row.run.id: shown.colours[row.run.id] for row in mine}
    for place, (metric, points) in zip(st.columns(2), learned.items(), strict=False):
        with place:
            chart = compare.curves(points, metric, here, dark=state.dark())
            st.altair_chart(parts.drawn(chart), key=f"metrics_curve_{metric}", alt=title_of(chart))
            st.caption(
                _(
                    "Measured on validation rows while it learned. They hold fewer right answers than the test rows, so "
                    "compare epochs here, not this figure with the ones above. {meaning}"
                ).format(meaning=meaning(metric, shown.data.words))
            )
