"""Commands that judge runs beside each other: leaderboard, best."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import print_json, print_table
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import open_dataset
from recsys_core.errors import NotFound, ParamError
from recsys_core.evaluation.meanings import with_interval, working
from recsys_core.i18n import _
from recsys_core.runs import open_run
from recsys_core.scenarios.best_reachable import kept_best, made_best
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Arena, Row, arenas, finished_runs, leaderboard, usual_reference
from recsys_core.scenarios.standings import as_csv_table, standings

SIGNS = {"better": "▲", "worse": "▼", "tie": "≈", "": " "}
Split = Annotated[
    str, typer.Option(help=_("the split that runs must share; by default the one with most runs"))
]


def leaderboard_command(
    data: Annotated[str, typer.Option(help=_("name of the data set"))],
    split: Split = "",
    split_seed: Annotated[int, typer.Option(help=_("the split's seed"))] = 42,
    k: Annotated[int, typer.Option(help=_("length of the lists"))] = 10,
    against: Annotated[str, typer.Option(help=_("id or name of the run to compare with; popularity"))] = "",
    metric: Annotated[
        list[str] | None, typer.Option(help=_("a figure to show, e.g. ndcg@10; give it again for more"))
    ] = None,
    json: Json = False,
) -> None:
    """Finished runs of one split side by side: intervals, paired verdicts against a reference, costs."""
    opened = open_dataset(data)
    rows = leaderboard(finished_runs(opened), _arena(opened, split, split_seed, k))
    if not rows:
        raise NotFound(
            what=_("there is no finished run on this split"),
            where=_("data set {name}").format(name=data),
            remedy=_("train one, or name the split of those that there are: 'runs' lists them"),
        )
    metrics = _checked(metric or [f"ndcg@{rows[0].config.k}", f"coverage@{rows[0].config.k}"], rows)
    reference = _reference(rows, against)
    made = rows[0].run.split(opened)
    judged = {row.run.id: Judged.of(row.run, opened, made) for row in rows}
    found = standings(rows, metrics, reference, judged)
    if json:
        table = as_csv_table(found, metrics, reference)
        lines = table.astype(object).where(table.notna(), None).to_dict("records")
        best = kept_best(opened, Arena.of(rows[0].config))
        print_json({"runs": lines, "reference": reference.run.id, "best": best.figures if best else None})
        return
    shown = []
    for one in found:
        line: dict[str, Any] = {"run": one.row.run.id, "title": one.row.title}
        for name, cell in one.cells.items():
            line[name] = f"{with_interval(cell.value, [cell.low, cell.high])} {SIGNS[cell.verdict]}"
        shown.append(line)
    print_table(shown, ("run", "title", *metrics))
    print(
        _("against {reference}: ▲ better ▼ worse ≈ a tie").format(reference=reference.label), file=sys.stderr
    )


def _arena(data: Dataset, split: str, split_seed: int, k: int) -> Arena:
    """The arena that is asked for, or the one with most runs."""
    known = arenas(finished_runs(data))
    if not split and known:
        return known[0]
    return _named(split or "user-random", split_seed, k)


def _named(split: str, split_seed: int, k: int) -> Arena:
    """The arena of a split as runs have it, its amount filled in where it was left out."""
    return Arena(str(SplitSpec.parse(split, seed=split_seed)), split_seed, k)


def _checked(metrics: list[str], rows: list[Row]) -> list[str]:
    known = list(dict.fromkeys(name for row in rows for name in row.metrics))
    for name in metrics:
        if name not in known:
            raise ParamError(
                what=_("no run has the figure {name}").format(name=repr(name)),
                where="--metric",
                remedy=_("use one of: {known}").format(known=", ".join(known)),
            )
    return metrics


def _reference(rows: list[Row], against: str) -> Row:
    if not against:
        return usual_reference(rows)
    wanted = open_run(against)
    for row in rows:
        if row.run.id == wanted.id:
            return row
    raise ParamError(
        what=_("run {id} was judged on another split").format(id=wanted.id),
        where="--against",
        remedy=_("compare runs of one split, seed and k"),
    )


def best(
    data: Annotated[str, typer.Option(help=_("name of a simulated data set"))],
    split: Annotated[str, typer.Option(help=_("split protocol, e.g. user-random:0.2"))] = "user-random:0.2",
    split_seed: Annotated[int, typer.Option(help=_("the split's seed"))] = 42,
    k: Annotated[int, typer.Option(help=_("length of the lists"))] = 10,
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """What nobody can beat on the test rows of a simulated data set, except by luck: the known truth, judged."""
    opened = open_dataset(data)
    with progress_of(events=events, words=working) as report:
        report({"status": "started", "share": 0.0})
        figures = made_best(opened, _named(split, split_seed, k)).figures
        report({"status": "done", "share": 1.0})
    if json:
        print_json({"data": data, "split": split, "split_seed": split_seed, "best": figures})
    elif not events:
        print_table(
            [{"metric": name, "value": value} for name, value in figures.items()], ("metric", "value")
        )


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command("leaderboard")(leaderboard_command)
    app.command()(best)
