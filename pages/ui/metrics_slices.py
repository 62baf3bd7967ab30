"""Metrics by slice: whom each run serves worst; a click on a slice restricts every other chart to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import metrics_chosen, parts, state
from pages.ui.links import linked
from pages.ui.metrics_chosen import Drawn
from recsys_core.charts import slices as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import number
from recsys_core.evaluation.significance import BETTER, TIE, WORSE
from recsys_core.i18n import N_, _
from recsys_core.scenarios.chosen import PickedSlice
from recsys_core.scenarios.leaderboard import Row
from recsys_core.scenarios.slices import LEAST, Slices, better_of, sentence, slices_of, title_of_metric
from recsys_core.scenarios.slicing import ways

CHART = "metrics_slices_chart"
BY, FEWEST = "slices", "fewest"
SMALLEST, LARGEST = 5, 200
VERDICTS = {WORSE: N_("worse than the rest"), BETTER: N_("better than the rest"), TIE: N_("a tie")}


def show(rows: Sequence[Row], data: Dataset, metric: str) -> None:
    """The view: a way of cutting, the slices of it worst first, and the table behind."""

    @st.fragment
    def view() -> None:
        _view(rows, data, metric)

    view()


def _view(rows: Sequence[Row], data: Dataset, metric: str) -> None:
    shown = metrics_chosen.drawn(rows, data)
    known = ways(data)
    with st.container(horizontal=True):
        by = st.selectbox(
            _("Slices"),
            list(known),
            key=linked(BY, next(iter(known)), options=known),
            persist_state="session",
            format_func=lambda key: known.get(key, key),
            help=_("What the test rows are cut by."),
        )
        least = st.number_input(
            _("At least so many {users} in a slice").format(users=data.words.users),
            SMALLEST,
            LARGEST,
            key=linked(FEWEST, LEAST, low=SMALLEST, high=LARGEST),
            persist_state="session",
            help=_("A slice with fewer says more about chance than about the model, and is left out."),
        )
    chosen = metrics_chosen.restricted(shown)
    with parts.boundary():
        others = metrics_chosen.without(chosen, PickedSlice, shown)
        found = slices_of(shown.judged, shown.labels, shown.cut(by), metric, chosen=others, least=int(least))
    if not len(found.table):
        _nothing(found, data, metric)
        return
    _draw(found, shown, by, _picked(chosen.picks, by))
    _table(found, shown)


def _picked(picks: Sequence[object], by: str) -> str | None:
    return next((pick.name for pick in picks if isinstance(pick, PickedSlice) and pick.by == by), None)


def _nothing(found: Slices, data: Dataset, metric: str) -> None:
    if found.too_small:
        text = _("No slice has {n} {users}. Lower the least number, or choose other slices.")
        st.info(text.format(n=found.least, users=data.words.users), icon=":material/info:")
        return
    text = _(
        "{metric} is no figure of one {user}, or the runs drawn here do not have it. Choose another figure at the top of the "
        "page, for example NDCG, or other runs."
    )
    st.info(text.format(metric=title_of_metric(metric), user=data.words.user), icon=":material/info:")


def _draw(found: Slices, shown: Drawn, by: str, picked: str | None) -> None:
    said = sentence(found, shown.first)
    if said:
        st.subheader(parts.plain(said, parts.LONGEST_SENTENCE), anchor=False)
    direction = better_of(found.metric)
    chart = charts.slices(
        found.table,
        title_of_metric(found.metric),
        shown.colours,
        direction=direction,
        chosen=picked,
        dark=state.dark(),
    )
    st.altair_chart(
        parts.drawn(chart),
        key=metrics_chosen.draw_key(CHART),
        on_select=metrics_chosen.answering(CHART, lambda event: clicked(event, by)),
        selection_mode=charts.PICK,
        alt=title_of(chart),
    )
    st.caption(" ".join(_told(found, shown)))


def clicked(event: dict[str, Any], by: str) -> None:
    """A point of the chart was clicked: its slice is chosen, or let go when it was."""
    points = event.get(charts.PICK, [])
    name = points[-1].get("slice") if points else None
    if isinstance(name, str):
        metrics_chosen.choose(PickedSlice(by, name))


def _told(found: Slices, shown: Drawn) -> list[str]:
    words = shown.data.words
    told = [
        _(
            "Click a point to restrict every chart to its slice. Dashed: the run over everybody. Worst first for {run}."
        ).format(run=parts.plain(shown.labels[shown.first]))
    ]
    if found.metric.startswith("found@"):
        k = found.metric.partition("@")[2]
        told.append(
            _("Found@{k}: of the test rows of these {items}, the share that stands in the first {k}.").format(
                k=k, items=words.items
            )
        )
    if found.too_small:
        told.append(
            _("{n} slices with fewer than {least} {users} are left out.").format(
                n=found.too_small, least=found.least, users=words.users
            )
        )
    if found.beyond:
        told.append(_("{n} more slices, the smallest ones, are not drawn.").format(n=found.beyond))
    return told


def _table(found: Slices, shown: Drawn) -> None:
    words = shown.data.words
    table = found.table
    half = (table["high"] - table["low"]) / 2
    metric = title_of_metric(found.metric)
    everything = pd.DataFrame(
        {
            _("Slice"): table["slice"],
            _("Run"): table["label"],
            metric: [
                f"{number(value)} ± {number(width)}"
                for value, width in zip(table["value"], half, strict=True)
            ],
            words.users.capitalize(): table["n_users"],
            _("Rows"): table["n_rows"],
            _("Beside the rest"): [
                f"{gap:+.3f}, {_(VERDICTS[verdict])}" if gap == gap else "–"  # noqa: PLR0124 - NaN
                for gap, verdict in zip(table["gap"], table["verdict"], strict=True)
            ],
            "p": [f"{p:.2g}" for p in table["p"]],
        }
    )
    with st.expander(_("The table behind the chart"), icon=":material/table:"):
        st.dataframe(
            everything,
            key="metrics_slices_table",
            hide_index=True,
            alt=_("Every slice of every run"),
            column_config={
                "p": st.column_config.TextColumn(
                    help=_(
                        "Chance of so wide a gap to everybody else if there were none, from the bootstrap over {users}, "
                        "corrected after Holm over the slices of the run."
                    ).format(users=words.users)
                )
            },
        )
        st.download_button(
            _("Slices as CSV"),
            parts.safe_csv(table),
            "slices.csv",
            "text/csv",
            key="metrics_slices_csv",
            on_click="ignore",
            icon=":material/download:",
        )
