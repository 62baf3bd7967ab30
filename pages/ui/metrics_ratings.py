"""Metrics of predicted values: 'liked' at a movable threshold with its curves, errors by the true value, calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import metrics_chosen, parts, state
from pages.ui.links import linked
from pages.ui.metrics_chosen import Drawn
from recsys_core.charts import ratings as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.liked import Confusion, LikedCurves, confusion, liked_curves
from recsys_core.evaluation.meanings import meaning, number
from recsys_core.evaluation.rating_errors import by_truth, calibration, calibration_gap, values_of
from recsys_core.i18n import _
from recsys_core.scenarios.chosen import Chosen, predictions
from recsys_core.scenarios.leaderboard import Row

LIKED, CUT, ERROR = "liked_from", "said_from", "error"
_STEPS = 100
INSTEAD = 3
"""Where none of the chosen runs predicts a value, so many are drawn that do."""

Tables = dict[str, pd.DataFrame]


def show(rows: Sequence[Row], data: Dataset, metric: str) -> None:
    """The view, in a fragment of its own: the sliders move nothing else."""

    @st.fragment
    def view() -> None:
        _view(rows, data)

    view()


def _view(rows: Sequence[Row], data: Dataset) -> None:
    shown = metrics_chosen.drawn(rows, data)
    chosen = metrics_chosen.restricted(shown)
    able = sorted((row for row in rows if "rmse" in row.metrics), key=lambda row: row.metrics["rmse"])
    others = bool(able) and not any(row.run.id in shown.judged for row in able)
    if others:
        shown = metrics_chosen.opened(rows, data, [row.run.id for row in able[:INSTEAD]])
    tables = _predicted(shown, chosen)
    if not tables:
        _nothing(data, able=bool(able))
        return
    _missing(shown, tables, others=others)
    liked_from, cut = _sliders(data, tables)
    _liked(shown, tables, liked_from, cut)
    error = st.radio(
        _("Error by true {value}").format(value=data.words.value),
        list(charts.ERROR_TITLES),
        key=linked(ERROR, "mean_error", options=charts.ERROR_TITLES),
        persist_state="session",
        format_func=lambda name: _(charts.ERROR_TITLES[name]),
        horizontal=True,
        help=_("The mean error says in which direction; its size and RMSE how far off."),
    )
    left, right = st.columns(2)
    with left:
        _errors(shown, tables, error)
    with right:
        _calibration(shown, tables)


def _predicted(shown: Drawn, chosen: Chosen) -> Tables:
    """The chosen rows of each run that predicts values."""
    found = {run_id: predictions(one, chosen) for run_id, one in shown.judged.items()}
    return {run_id: table for run_id, table in found.items() if table is not None and len(table)}


def _missing(shown: Drawn, tables: Tables, *, others: bool) -> None:
    """Which of the runs are not drawn here, and why."""
    runs = [label for one, label in shown.labels.items() if one in shown.judged and (one in tables) is others]
    text = _("Without a predicted {value}, so not drawn here: {runs}.")
    if others:
        text = _("None of the runs above predicts a {value}; drawn instead: {runs}.")
    if runs:
        said = text.format(value=shown.data.words.value, runs=", ".join(runs))
        st.caption(parts.plain(said, parts.LONGEST_SENTENCE))


def _nothing(data: Dataset, *, able: bool) -> None:
    """Why there is nothing to see, and what to do."""
    text = _("No run here predicts a {value}: train Bias, or the network with embeddings.")
    if able:
        text = _("No test row is left. Take a choice above back.")
    st.info(text.format(value=data.words.value), icon=":material/info:")


def _sliders(data: Dataset, tables: Tables) -> tuple[float, float]:
    """From where a true value counts as liked, and from where a prediction says so; the second follows the first."""
    values = [
        round(float(value), 6)
        for value in values_of(next(iter(tables.values()))["truth"].to_numpy(np.float64))
    ]
    low, high = data.value_range
    usual = min(values, key=lambda value: abs(value - data.liked_threshold), default=low)
    step = round((high - low) / _STEPS, 6) or 1.0
    if len(values) < 2:
        return usual, usual
    left, right = st.columns(2)
    liked_from = left.select_slider(
        _("Liked from"),
        values,
        key=linked(LIKED, usual, options=values),
        persist_state="session",
        format_func=lambda value: f"{value:g}",
        on_change=_follow,
        help=_("A true {value} at or above counts as liked.").format(value=data.words.value),
    )
    cut = right.slider(
        _("Said to be liked from a prediction of"),
        float(low),
        float(high),
        step=step,
        key=linked(CUT, float(liked_from), low=float(low), high=float(high)),
        persist_state="session",
        help=_(
            "Lower it to find more of what is liked, at the price of false alarms. It follows the slider beside it when "
            "that one is moved."
        ),
    )
    return float(liked_from), float(cut)


def _follow() -> None:
    st.session_state[CUT] = float(st.session_state[LIKED])


def _liked(shown: Drawn, tables: Tables, liked_from: float, cut: float) -> None:
    counts, curves = {}, {}
    for run_id, table in tables.items():
        truth, predicted = (table[name].to_numpy(np.float64) for name in ("truth", "predicted"))
        counts[run_id] = confusion(truth, predicted, liked_from, cut)
        curves[run_id] = liked_curves(truth, predicted, liked_from)
    first = next(iter(tables))
    _confusion(shown, first, counts[first], liked_from, cut)
    _figures(shown, counts, curves)
    points = _points(shown, counts)
    left, right = st.columns(2)
    areas = {run_id: one.auc for run_id, one in curves.items()}
    chart = charts.roc(_all(shown, {one: found.roc for one, found in curves.items()}), areas, points, shown.colours,
                       dark=state.dark())  # fmt: skip
    left.altair_chart(parts.drawn(chart), key="metrics_roc", alt=title_of(chart))
    left.caption(_("ROC. Points: the cut of the slider. Dashed: answers by lot."))
    precise = {run_id: one.average_precision for run_id, one in curves.items()}
    chart = charts.precision_recall(
        _all(shown, {one: found.pr for one, found in curves.items()}),
        precise,
        points[points["recall"] > 0],
        shown.colours,
        share=curves[first].share,
        dark=state.dark(),
    )
    right.altair_chart(parts.drawn(chart), key="metrics_pr", alt=title_of(chart))
    right.caption(_("Precision and recall at every cut. Dashed: answers by lot, {share:.0%} of the rows were liked.").format(
        share=curves[first].share
    ))  # fmt: skip


def _points(shown: Drawn, counts: dict[str, Confusion]) -> pd.DataFrame:
    """Where the cut of the slider stands on both curves: `id`, `label`, `recall`, `precision`, `false_alarms`."""
    found = [
        (run_id, shown.labels[run_id], one.recall, one.precision, one.false_alarms)
        for run_id, one in counts.items()
    ]
    return pd.DataFrame(found, columns=["id", "label", "recall", "precision", "false_alarms"])


def _all(shown: Drawn, tables: Tables) -> pd.DataFrame:
    """The tables of several runs below each other, with `id` and `label`."""
    return pd.concat(
        [table.assign(id=run_id, label=shown.labels[run_id]) for run_id, table in tables.items()],
        ignore_index=True,
    )


def _confusion(shown: Drawn, run_id: str, found: Confusion, liked_from: float, cut: float) -> None:
    """The counts of the first run in a sentence and as two rows by two."""
    words = shown.data.words
    said = _(
        "{run} says 'liked' of {n:,} of {all:,} {items} and is right in {precision:.0%}; it finds {recall:.0%} of those liked."
    )
    st.subheader(
        parts.plain(
            said.format(
                run=shown.labels[run_id],
                n=found.tp + found.fp,
                all=found.n,
                items=words.items,
                precision=found.precision,
                recall=found.recall,
            ),
            parts.LONGEST_SENTENCE,
        ),
        anchor=False,
    )
    table = pd.DataFrame(
        {
            "": [_("was liked (true: {cut:g} or more)").format(cut=liked_from), _("was not liked")],
            _("said: liked ({cut:g} or more)").format(cut=cut): [
                _count(found.tp, found),
                _count(found.fp, found),
            ],
            _("said: not liked"): [_count(found.fn, found), _count(found.tn, found)],
        }
    )
    st.dataframe(table, key="metrics_confusion", hide_index=True, alt=_("Confusion table"))


def _count(n: int, found: Confusion) -> str:
    return f"{n:,} ({n / max(found.n, 1):.0%})"


def _figures(shown: Drawn, counts: dict[str, Confusion], curves: dict[str, LikedCurves]) -> None:
    """The rates of every run at the sliders' place."""
    words = shown.data.words
    names = {
        _("Accuracy"): meaning("accuracy", words),
        _("Precision"): meaning("liked_precision", words),
        _("Recall"): meaning("liked_recall", words),
        _("F1"): meaning("liked_f1", words),
        _("AUC"): meaning("auc", words),
        _("Average precision"): _(
            "Precision averaged over the steps of recall: the area under the curve to the right below."
        ),
    }
    rows = [
        [
            one.accuracy,
            one.precision,
            one.recall,
            one.f1,
            curves[run_id].auc,
            curves[run_id].average_precision,
        ]
        for run_id, one in counts.items()
    ]
    table = pd.DataFrame([[number(value) for value in row] for row in rows], columns=list(names))
    table.insert(0, _("Run"), [shown.labels[run_id] for run_id in counts])
    st.dataframe(
        table,
        key="metrics_liked",
        hide_index=True,
        alt=_("Liked or not: every run"),
        column_config={name: st.column_config.TextColumn(help=text) for name, text in names.items()},
    )


def _errors(shown: Drawn, tables: Tables, error: str) -> None:
    found = _all(shown, {run_id: by_truth(*_arrays(table)) for run_id, table in tables.items()})
    chart = charts.by_truth(found, error, shown.data.words.value, shown.colours, dark=state.dark())
    st.altair_chart(parts.drawn(chart), key="metrics_by_truth", alt=title_of(chart))
    text = _(
        "Most models are drawn to the middle: low ones too high, high ones too low. Whiskers: 95 % over {users}."
    )
    st.caption(text.format(users=shown.data.words.users))


def _calibration(shown: Drawn, tables: Tables) -> None:
    found = {run_id: calibration(*_arrays(table)) for run_id, table in tables.items()}
    gaps = {run_id: calibration_gap(table) for run_id, table in found.items()}
    chart = charts.calibration(
        _all(shown, found), shown.data.words.value, shown.colours, gaps, dark=state.dark()
    )
    st.altair_chart(parts.drawn(chart), key="metrics_calibration", alt=title_of(chart))
    st.caption(
        _(
            "Ten bins of the prediction, as many rows in each. Dashed: what is predicted comes true. Below it, it is too high."
        )
    )


def _arrays(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        table["user"].to_numpy(),
        table["truth"].to_numpy(np.float64),
        table["predicted"].to_numpy(np.float64),
    )
