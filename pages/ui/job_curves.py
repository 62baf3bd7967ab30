"""The curves of a training with its best epoch, the figures of the moment, and afterwards a verdict in words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.charts import training as charts
from recsys_core.columns import Kind
from recsys_core.evaluation.meanings import number, title
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import ACTIVE, CANCELLED, Run
from recsys_core.training.curves import (
    best_epoch,
    curve_points,
    direction,
    metric_points,
    valid_metrics,
    watched_rows,
)
from recsys_core.training.estimate import size
from recsys_core.training.job_list import progress_of
from recsys_core.training.verdict import Verdict, verdict

ICONS = {
    "too-few": ":material/hourglass_empty:",
    "learning": ":material/trending_up:",
    "converged": ":material/check:",
    "over-fitting": ":material/trending_down:",
    "diverged": ":material/warning:",
}
NOTHING = "–"


def cockpit(run: Run, status: dict[str, Any], events: list[dict[str, Any]], colour: str) -> None:
    """All of it, in the same places from the first look to the last; nothing for a run that learns at once."""
    curve = run.curve(events) if any(event["type"] == "epoch" for event in events) else pd.DataFrame()
    if curve.empty and not registry.spec(run.config.model).network:
        return
    metrics = valid_metrics(curve) if len(curve) else [_watched_by(run)]
    metric = metrics[0] if metrics else ""
    _figures(curve, metric, status, events)
    if status["state"] not in ACTIVE:
        _verdict(run, curve, status)
    if len(metrics) > 1:
        metric = st.segmented_control(
            _("Figure on validation rows"),
            metrics,
            default=metric,
            format_func=title,
            required=True,
            key="train_watch",
            persist_state="session",
            help=_("The first one decides which epoch is best."),
        )
    _charts(curve, metric, colour)


def _watched_by(run: Run) -> str:
    """The figure that a run will watch, as far as one can tell before its first epoch."""
    return "rmse" if registry.kinds_of(run.config.model) == (Kind.RATING,) else "ndcg@10"


def _figures(curve: pd.DataFrame, metric: str, status: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """Four figures in a row that never changes its height: losses, the chosen figure, its best epoch, memory."""
    rows = watched_rows(curve)
    best, name = best_epoch(curve), metric or "loss"
    measured = rows[f"valid_{name}"].dropna() if f"valid_{name}" in rows else pd.Series(dtype=float)
    live = status["state"] in ACTIVE
    memory = progress_of(events).memory if live else status.get("peak_rss_mb")
    with st.container(horizontal=True, key="train_figures"):
        _figure(_("Training loss"), number(float(rows["loss"].iloc[-1])) if len(rows) else NOTHING)
        _figure(
            _("{metric}, validation").format(metric=title(name) if metric else _("Loss")),
            number(float(measured.iloc[-1])) if len(measured) else NOTHING,
        )
        _figure(
            _("Best epoch so far") if live else _("Best epoch"),
            f"{best} ({number(_best_value(measured, name))})" if best else NOTHING,
        )
        _figure(
            _("Memory now") if live else _("Memory at its peak"), size(float(memory)) if memory else NOTHING
        )


def _best_value(measured: pd.Series, name: str) -> float:
    return float(measured.max() if direction(name) > 0 else measured.min())


def _figure(label: str, value: str) -> None:
    st.metric(label, value, width=165)


def _verdict(run: Run, curve: pd.DataFrame, status: dict[str, Any]) -> None:
    """What the curves say, its reason on hover."""
    found = said_of(run, curve, status)
    if found is not None:
        sentence = parts.plain(found.sentence, parts.LONGEST_SENTENCE)
        st.markdown(f"{ICONS[found.word]} {sentence}", help=found.reason)


def said_of(run: Run, curve: pd.DataFrame, status: dict[str, Any]) -> Verdict | None:
    """The verdict on a run that has ended."""
    line = registry.spec(run.config.model)
    specs = () if line.gone or line.elsewhere else registry.params_of(run.config.model)
    return verdict(curve, specs, run.config.settings, stopped=status["state"] == CANCELLED)


def _charts(curve: pd.DataFrame, metric: str, colour: str) -> None:
    """Loss on training and validation rows, and the chosen metric beside it; empty frames before the first point."""
    left, right = st.columns(2)
    with left:
        st.vega_lite_chart(
            charts.checked(curve_points(curve)),
            charts.loss_spec(colour, dark=state.dark(), empty=curve.empty),
            key="train_loss",
        )
        st.caption(
            _(
                "Training loss is measured with dropout on, the harder way: it may lie above the loss on validation rows."
            )
        )
    if not metric:
        return
    points = metric_points(curve, metric)[0]
    with right:
        st.vega_lite_chart(
            charts.checked(points),
            charts.metric_spec(colour, title(metric), dark=state.dark(), empty=points.empty),
            key="train_metric",
        )
        st.caption(_about(metric))


def _about(name: str) -> str:
    if name.startswith("ndcg"):
        return _(
            "Validation rows hold fewer right answers than test rows, so this figure lies below the one on test rows. "
            "It is there to compare epochs."
        )
    return _("Measured on rows that only watch; it is there to compare epochs.")
