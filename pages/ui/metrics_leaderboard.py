"""Metrics, the first view: bars with whiskers, then every run by the chosen figures, with verdicts and costs."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from pages.ui import cached, following, metrics_inspector, parts, state
from pages.ui.links import linked
from recsys_core.charts import compare as charts
from recsys_core.charts.theme import title_of
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import (
    arrow,
    duration,
    meaning,
    number,
    split_name,
    title,
    with_interval,
    working,
)
from recsys_core.evaluation.significance import BETTER, TIE, WORSE
from recsys_core.i18n import _
from recsys_core.runs import delete_run
from recsys_core.scenarios.best_reachable import kept_best, simulated
from recsys_core.scenarios.leaderboard import Arena, Row, as_table
from recsys_core.scenarios.standings import (
    Cell,
    Standing,
    as_csv_table,
    costs,
    covers,
    summary,
)

USUAL = ("ndcg", "recall", "coverage", "rmse")
TABLE = "metrics_table"
SIGNS = {BETTER: "▲", WORSE: "▼", TIE: "≈", "": ""}


def show(rows: list[Row], data: Dataset, metric: str, reference: Row) -> None:
    """The leaderboard of one arena."""
    available = list(dict.fromkeys(name for row in rows for name in row.metrics))
    usual = [name for name in available if split_name(name)[0] in USUAL]
    columns = st.multiselect(
        _("Figures in the table"),
        available,
        key=linked("columns", usual, options=available),
        persist_state="session",
        format_func=title,
        help=_("Holm's correction counts every verdict that is shown: fewer figures, sharper verdicts."),
    )
    shown = list(dict.fromkeys([metric, *columns]))
    found = cached.standings(rows, shown, reference, data)
    best = kept_best(data, Arena.of(rows[0].config))
    _bars(rows, data, metric, found, best.figures.get(metric) if best else None)
    told = summary(found, metric, reference, data.words)
    if told:
        st.markdown(parts.plain(told, parts.LONGEST_SENTENCE))
    _table(found, shown, reference, data, best.figures if best else {})
    st.caption(covers(found, data.words))
    _actions(rows, data, found, shown, reference)
    _best(data, rows, best is not None)


def _bars(rows: list[Row], data: Dataset, metric: str, found: list[Standing], best: float | None) -> None:
    table = as_table(rows, [metric])
    verdicts = {one.row.run.id: one.cells[metric].verdict for one in found if metric in one.cells}
    if len(table):
        table = table.assign(verdict=[SIGNS[verdicts.get(run, "")] for run in table["id"]])
        table = table.sort_values("value", ascending=arrow(metric) == "↓", kind="stable")
    colours = state.colours(data)
    here = {run_id: colours[run_id] for run_id in table.get("id", []) if run_id in colours}
    chart = charts.bars(table, metric, here, best=best, dark=state.dark())
    st.altair_chart(parts.drawn(chart), key="metrics_bars", alt=title_of(chart))
    st.caption(meaning(metric, data.words))


def _table(
    found: list[Standing], metrics: list[str], reference: Row, data: Dataset, best: dict[str, float]
) -> None:
    """The table; a click on a cell opens the view that works its figure through."""
    heads = {f"{title(name)} {arrow(name)}".strip(): name for name in metrics}
    lines = [_line(one, heads, reference) for one in found]
    if best:
        known = {head: number(best[name]) for head, name in heads.items() if name in best}
        lines.insert(0, {_("Run"): _("Best reachable")} | known)
    helps = {head: meaning(name, data.words) for head, name in heads.items()}
    st.dataframe(
        pd.DataFrame(lines).fillna("–"),
        key=TABLE,
        hide_index=True,
        on_select=partial(_picked, [one.row.run.id for one in found], heads, bool(best)),
        selection_mode="single-cell",
        column_config={
            _("Run"): st.column_config.TextColumn(pinned=True),
            **{name: st.column_config.TextColumn(help=text) for name, text in helps.items()},
            _("Model, MB"): st.column_config.TextColumn(help=_("What serves, on disk")),
        },
        alt=_("Runs by figures, with intervals and verdicts"),
    )
    st.caption(
        _("▲ better, ▼ worse, ≈ a tie with {reference}. Click a figure to see how it comes about.").format(
            reference=parts.plain(reference.label)
        )
    )


def _picked(runs: list[str], heads: dict[str, str], best: bool) -> None:
    """A figure was clicked: the inspector shows it. Other cells mean nothing."""
    cells = st.session_state[TABLE]["selection"]["cells"]
    if not cells:
        return
    place, head = cells[0][0] - best, cells[0][1]
    if head in heads and 0 <= place < len(runs):
        st.session_state.update(
            {"view": "inspect", "figure": heads[head], metrics_inspector.RUN_KEY: runs[place]}
        )


def _line(one: Standing, heads: dict[str, str], reference: Row) -> dict[str, str]:
    """One run as text cells."""
    spent = costs(one.row)
    name = one.row.label + (f" · {_('reference')}" if one.row.run.id == reference.run.id else "")
    name += f" · {_('brought from elsewhere')}" if one.row.brought else ""
    return {
        _("Run"): name,
        **{head: _cell(one.cells.get(metric)) for head, metric in heads.items()},
        _("Training"): duration(spent["fit_seconds"]),
        _("Judging"): duration(spent["judge_seconds"]),
        _("Memory, MB"): f"{spent['memory_mb']:,.0f}",
        _("Model, MB"): number(spent["model_mb"]),
    }


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    text = with_interval(cell.value, [cell.low, cell.high])
    if cell.seeds:
        text += " " + _("(seeds {spread})").format(spread=f"± {number(cell.seeds)}")
    return f"{text} {SIGNS[cell.verdict]}".rstrip()


def _actions(
    rows: list[Row], data: Dataset, found: list[Standing], metrics: list[str], reference: Row
) -> None:
    """The table as CSV, and deleting a run."""
    labels = {row.run.id: row.label for row in rows}
    actions = st.columns([1, 1, 2])
    actions[0].download_button(
        _("Table as CSV"),
        lambda: parts.safe_csv(as_csv_table(found, metrics, reference)),  # made on a click
        f"{data.name}-metrics.csv",
        "text/csv",
        key="metrics_csv",
        on_click="ignore",
        icon=":material/download:",
    )
    with actions[1].popover(_("Delete a run"), icon=":material/delete:"):
        selected = state.run()
        first = list(labels).index(selected.id) if selected is not None and selected.id in labels else 0
        doomed = st.selectbox(
            _("Run"), list(labels), first, format_func=lambda one: labels.get(one, one), key="metrics_doomed"
        )
        if doomed is not None and st.button(_("Delete"), key="metrics_delete"):
            with parts.boundary():
                delete_run(doomed, actor=state.ACTOR)
            st.toast(_("{run} is deleted.").format(run=labels[doomed]), icon=":material/delete:")
            st.rerun()


def _best(data: Dataset, rows: list[Row], known: bool) -> None:
    """The button that asks the simulator for what nobody can beat."""
    if known or not simulated(data):
        return
    arena = Arena.of(rows[0].config)
    place = st.empty()
    with place.container():
        asked = st.button(
            _("What is the best reachable?"),
            key="metrics_best",
            icon=":material/flag:",
            help=_("These data are simulated: their truth is known, and can be judged like a model."),
        )
    if asked:
        command = ["best", "--data", data.name, "--split", arena.split]
        command += ["--split-seed", str(arena.split_seed), "--k", str(arena.k)]
        problem = following.follow(command, place, key="metrics_best_stop", words=working)
        if problem:
            parts.error(problem)
        else:
            st.rerun()
