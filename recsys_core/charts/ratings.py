"""Predicted values beside true ones: errors by the true value, calibration, and the curves of 'liked'."""

from __future__ import annotations

import math
from collections.abc import Mapping

import altair as alt
import pandas as pd

from recsys_core.charts.runs import Styles, cut, tooltip
from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import N_, _

_HEIGHT = HEIGHT + 50
ERROR_TITLES = {
    "mean_error": N_("Mean error"),
    "mae": N_("Mean size of the error"),
    "rmse": N_("RMSE"),
}
"""What can be drawn by true value."""


def by_truth(
    table: pd.DataFrame, error: str, value: str, colours: Mapping[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """An error by the true value, a line a run with 95 % intervals.

    Args:
        table: rows of `rating_errors.by_truth` with `id`, `label`. error: a key of ERROR_TITLES. value: its noun.
    """
    check_size(len(table))
    names = {error: "error", f"{error}_low": "low", f"{error}_high": "high"}
    shown = table[["id", "label", "value", "n", *names]].rename(columns=names).rename(columns={"error": "y"})
    styles = Styles.of(shown, colours, dark=dark)
    title = _(ERROR_TITLES[error])
    base = alt.Chart(shown, height=_HEIGHT + styles.legend_height).encode(
        x=alt.X(
            "value:N",
            sort=list(dict.fromkeys(shown["value"])),
            title=_("true {value}").format(value=value),
            axis=alt.Axis(labelAngle=0),
        ),
        xOffset=alt.XOffset("label:N", sort=list(styles.labels)),
        color=styles.colour(),
        tooltip=[
            alt.Tooltip("value:N", title=_("true {value}").format(value=value)),
            *tooltip(title, "y"),
            alt.Tooltip("n:Q", title=_("rows"), format=","),
        ],
    )
    named = _axis(error, value)
    up = alt.Y("y:Q", title=named, scale=alt.Scale(zero=True))
    whisker = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title=named), y2="high:Q")
    points = base.mark_point(filled=True, size=80, opacity=1).encode(y=up, shape=styles.shape())
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=palette(dark).floor).encode(y="y:Q")
    return headed(zero + whisker + points, truth_title(shown, error, value))


def _axis(error: str, value: str) -> str:
    if error == "mean_error":
        return _("predicted less true {value}").format(value=value)
    return f"{_(ERROR_TITLES[error])} ↓"


def truth_title(table: pd.DataFrame, error: str, value: str) -> str:
    """Where the first run errs most, in words. Columns: `id`, `label`, `value`, `y`."""
    if not len(table):
        return _("No run here predicts a {value}").format(value=value)
    mine = table[table["id"] == table["id"].iloc[0]]
    worst = mine.iloc[int(mine["y"].abs().argmax())]
    if error == "mean_error":
        side = _("too high") if worst["y"] > 0 else _("too low")
        return _("{run}: a true {truth} is predicted {by} {side} on average").format(
            run=cut(worst["label"]), truth=worst["value"], by=number(abs(worst["y"])), side=side
        )
    return _("{run} errs most where the true {value} is {truth}: {by}").format(
        run=cut(worst["label"]), value=value, truth=worst["value"], by=number(worst["y"])
    )


def calibration(
    table: pd.DataFrame,
    value: str,
    colours: Mapping[str, str],
    gaps: Mapping[str, float],
    *,
    dark: bool = False,
) -> alt.LayerChart:
    """Mean true value of rows by what was predicted; on the diagonal predictions come true on average.

    Args:
        table: rows of `rating_errors.calibration` with `id`, `label`. gaps: mean distance from the diagonal, by id.
    """
    check_size(len(table))
    styles = Styles.of(table, colours, dark=dark)
    ends = (
        [table[["predicted", "low"]].min().min(), table[["predicted", "high"]].max().max()]
        if len(table)
        else [0, 1]
    )
    domain = alt.Scale(domain=[float(end) for end in ends], zero=False, nice=True)
    x = alt.X("predicted:Q", title=_("predicted {value} (mean of the bin)").format(value=value), scale=domain)
    up_title = _("true {value} (mean)").format(value=value)
    y = alt.Y("true:Q", title=up_title, scale=domain)
    base = alt.Chart(table, height=_HEIGHT + styles.legend_height).encode(
        x=x,
        color=styles.colour(),
        tooltip=[
            *tooltip(up_title, "true"),
            alt.Tooltip("predicted:Q", title=_("predicted"), format=".3f"),
            alt.Tooltip("n:Q", title=_("rows"), format=","),
        ],
    )
    perfect = alt.Chart(pd.DataFrame({"predicted": ends, "true": ends}))
    diagonal = perfect.mark_line(color=palette(dark).floor, strokeDash=[5, 4]).encode(x=x, y=y)
    whisker = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("low:Q", title=up_title, scale=domain), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=1.5).encode(y=y)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(y=y, shape=styles.shape())
    return headed(diagonal + whisker + line + points, calibration_title(table, value, gaps))


def calibration_title(table: pd.DataFrame, value: str, gaps: Mapping[str, float]) -> str:
    """Which run's predictions come true most nearly, in words."""
    known = {run_id: gap for run_id, gap in gaps.items() if math.isfinite(gap)}
    if not len(table) or not known:
        return _("No run here predicts a {value}").format(value=value)
    best = min(known, key=lambda run_id: known[run_id])
    label = table.loc[table["id"] == best, "label"].iloc[0]
    return _("{run}: what is predicted comes true within {gap} on average").format(
        run=cut(label), gap=number(known[best])
    )


def roc(
    table: pd.DataFrame,
    areas: Mapping[str, float],
    here: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    dark: bool = False,
) -> alt.LayerChart:
    """ROC curves: of those liked, the share found, against the share of the others taken for liked.

    Args:
        table: rows of `LikedCurves.roc` with `id`, `label`; areas: AUC by id.
        here: where the chosen cut stands: `id`, `label`, `false_alarms`, `recall`.
    """
    names = (
        _("false alarms: of those not liked, the share taken for liked"),
        _("recall: of those liked, the share found"),
    )
    lot = pd.DataFrame({"false_alarms": [0.0, 1.0], "recall": [0.0, 1.0]})
    title = _leader(table, areas, _("AUC"))
    return _curve(table, ("false_alarms", "recall"), names, lot, here, colours, title, dark=dark)


def precision_recall(
    table: pd.DataFrame,
    areas: Mapping[str, float],
    here: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    share: float,
    dark: bool = False,
) -> alt.LayerChart:
    """Precision-recall curves, and what an answer by lot would reach.

    Args:
        table: rows of `LikedCurves.pr` with `id`, `label`; areas: average precision by id.
        here: where the chosen cut stands: `id`, `label`, `recall`, `precision`. share: of all rows, those liked.
    """
    names = (_("recall: of those liked, the share found"), _("precision: of those found, the share liked"))
    lot = pd.DataFrame({"recall": [0.0, 1.0], "precision": [share, share]})
    title = _leader(table, areas, _("average precision"))
    return _curve(table, ("recall", "precision"), names, lot, here, colours, title, dark=dark)


def _leader(table: pd.DataFrame, areas: Mapping[str, float], name: str) -> str:
    known = {run_id: area for run_id, area in areas.items() if math.isfinite(area)}
    if not len(table) or not known:
        return _("All or none were liked: there is no curve")
    best = max(known, key=lambda run_id: known[run_id])
    label = table.loc[table["id"] == best, "label"].iloc[0]
    if len(known) == 1:
        return _("{run}: {name} {area}").format(run=cut(label), name=name, area=number(known[best]))
    return _("{run} leads in {name}: {area}").format(run=cut(label), name=name, area=number(known[best]))


def _curve(
    table: pd.DataFrame,
    fields: tuple[str, str],
    names: tuple[str, str],
    lot: pd.DataFrame,
    here: pd.DataFrame,
    colours: Mapping[str, str],
    title: str,
    *,
    dark: bool,
) -> alt.LayerChart:
    check_size(len(table))
    styles = Styles.of(table, colours, dark=dark)
    whole = alt.Scale(domain=[0, 1], nice=False)
    across, up = (name.partition(":")[0] for name in names)
    x = alt.X(f"{fields[0]}:Q", title=across, scale=whole, axis=alt.Axis(format="%", tickCount=5))
    y = alt.Y(f"{fields[1]}:Q", title=up, scale=whole, axis=alt.Axis(format="%", tickCount=5))
    tips = [
        alt.Tooltip("label:N", title=_("run")),
        alt.Tooltip(f"{fields[0]}:Q", title=names[0], format=".1%"),
        alt.Tooltip(f"{fields[1]}:Q", title=names[1], format=".1%"),
    ]
    by_lot = alt.Chart(lot).mark_line(color=palette(dark).floor, strokeDash=[5, 4]).encode(x=x, y=y)
    shown = table.assign(order=range(len(table)))
    lines = (
        alt.Chart(shown, height=_HEIGHT + styles.legend_height)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            order="order:Q",
            color=styles.colour(),
            strokeDash=styles.dash(),
            tooltip=[*tips, alt.Tooltip("cut:Q", title=_("cut on the prediction"), format=".3f")],
        )
    )
    points = (
        alt.Chart(here)
        .mark_point(filled=True, size=120, opacity=1)
        .encode(x=x, y=y, color=styles.colour(), shape=styles.shape(legend=False), tooltip=tips)
    )
    return headed(by_lot + lines + points, title)
