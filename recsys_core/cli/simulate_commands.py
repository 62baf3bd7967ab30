"""The command that makes worlds whose truth is known: simulate, into files or into the workspace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.columns import Kind
from recsys_core.data.simulator import (
    CAUSES,
    Best,
    Targets,
    WorldSpec,
    keep_world,
    shares_of,
    simulate_spec,
    write_world,
)
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import ParamError
from recsys_core.evaluation.intervals import percentile_interval, user_draws
from recsys_core.files import check_name
from recsys_core.i18n import _

MOST_KEPT_ROWS = 5_000_000
"""A data set of the workspace is held in memory; larger worlds go into files."""
_K = 10
_SUMS = {"rmse": "squared_error", "mae": "absolute_error", "log_loss": "log_loss", "brier": "brier"}
"""Figures that are means over rows, and the column of each user's sum."""


def simulate(
    kind: Annotated[str, typer.Option(help=_("rating, implicit or click"))],
    rows: Annotated[int | None, typer.Option(help=_("events in all, 1,000 to 32,000,000"))] = None,
    to: Annotated[Path | None, typer.Option(help=_("file of the events, .csv or .parquet"))] = None,
    users_to: Annotated[Path | None, typer.Option(help=_("file of the users' attributes"))] = None,
    items_to: Annotated[Path | None, typer.Option(help=_("file of the items' attributes"))] = None,
    truth_to: Annotated[
        Path | None, typer.Option(help=_("file of each event's cause and expected value"))
    ] = None,
    name: Annotated[str | None, typer.Option(help=_("keep it as a data set of this name instead"))] = None,
    seed: Annotated[int, typer.Option(help=_("the only source of chance"))] = 0,
    n_users: Annotated[int | None, typer.Option(help=_("users that exist"))] = None,
    n_items: Annotated[int | None, typer.Option(help=_("items that exist"))] = None,
    mean_events: Annotated[float | None, typer.Option(help=_("events of a user, on average"))] = None,
    noise: Annotated[float | None, typer.Option(help=_("noise of ratings and clicks, 0 or more"))] = None,
    popularity: Annotated[float | None, typer.Option(help=_("exponent of the long tail, 0 to 3"))] = None,
    drift: Annotated[float | None, typer.Option(help=_("how far tastes move, 0 to 1"))] = None,
    click_rate: Annotated[float | None, typer.Option(help=_("share of impressions that are clicked"))] = None,
    causes: Annotated[
        str | None, typer.Option(help=_("weights: taste=0.5,popularity=0.2,attributes=0.2,chance=0.1"))
    ] = None,
    json: Json = False,
) -> None:
    """Make a world whose truth is known, as files or as a data set."""
    sizes = {"n_users": n_users, "n_items": n_items, "mean_events": mean_events}
    dials = {"noise": noise, "popularity": popularity, "drift": drift, "click_rate": click_rate}
    given: dict[str, Any] = {option: value for option, value in (sizes | dials).items() if value is not None}
    if causes is not None:
        given["shares"] = shares_of(_weights(causes))
    spec = _spec(_kind(kind), rows, {**given, "seed": seed})
    if (to is None) == (name is None):
        raise ParamError(
            what=_("it is not clear where the world should go"),
            where="simulate",
            remedy=_("give one of --to FILE and --name NAME"),
        )
    if to is None and (users_to or items_to or truth_to):
        raise ParamError(
            what=_("attributes and truth are written only beside the events"),
            where="--users-to, --items-to, --truth-to",
            remedy=_("give --to FILE with them, or leave them out"),
        )
    row = _write(spec, Targets(to, users_to, items_to, truth_to)) if to else _keep(spec, str(name))
    if json:
        print_json({**row, "spec": spec.as_dict()})
    else:
        print_table([row], [column for column in row if not isinstance(row[column], dict)])
        if row["best"]:
            print_table([{_("best reachable"): "", **row["best"]}], [_("best reachable"), *row["best"]])


def _spec(kind: Kind, rows: int | None, given: dict[str, Any]) -> WorldSpec:
    return WorldSpec(kind, **given) if rows is None else WorldSpec.of_rows(kind, rows, **given)


def _write(spec: WorldSpec, targets: Targets) -> dict[str, Any]:
    """Writes files; the figures are of the truth itself over all rows."""
    watched = sys.stderr.isatty()

    def tell(n: int) -> None:
        sys.stderr.write("\r" + _("{n:,} rows").format(n=n))
        sys.stderr.flush()

    done = write_world(spec, targets, report=tell if watched else None)
    if watched:
        sys.stderr.write("\n")
    counts = {"rows": done.rows, "users": done.n_users, "items": done.n_items}
    return {
        "kind": spec.kind.value,
        **counts,
        "to": str(targets.events),
        "causes": done.causes,
        "best": done.best,
    }


def _keep(spec: WorldSpec, name: str) -> dict[str, Any]:
    """Keeps a data set; the figures are of the truth on the test rows of the default split."""
    check_name(name, where="--name")
    expected = spec.rows or spec.n_users * spec.mean_events
    if expected > MOST_KEPT_ROWS:
        raise ParamError(
            what=_("{rows:,.0f} rows are too many for a data set of the workspace").format(rows=expected),
            where="--name",
            remedy=_("ask for at most {most:,}, or write a file with --to").format(most=MOST_KEPT_ROWS),
        )
    world = keep_world(simulate_spec(spec), name, actor=actor())
    split = make_split(world.dataset, SplitSpec())
    best = world.best(split, k=min(_K, world.dataset.n_items))
    counts = {"rows": len(world.dataset.interactions), "users": world.dataset.n_users}
    return {
        "kind": spec.kind.value,
        **counts,
        "items": world.dataset.n_items,
        "name": name,
        "causes": dict(zip(CAUSES, world.counts_by_cause.tolist(), strict=True)),
        "best": best.figures,
        "ci": _intervals(best),
        "split": str(split.spec),
    }


def _intervals(best: Best) -> dict[str, list[float]]:
    """95 % intervals over users, as evaluation makes them; AUC has none."""
    table, intervals = best.per_user, {}
    draws = user_draws(len(table), seed=0)
    rows = draws @ table["n"].to_numpy()
    for figure in best.figures:
        if figure in _SUMS:
            drawn = draws @ table[_SUMS[figure]].to_numpy() / rows
            intervals[figure] = [*percentile_interval(np.sqrt(drawn) if figure == "rmse" else drawn)]
        elif figure in table:
            drawn = draws @ table[figure].to_numpy() / len(table)
            intervals[figure] = [*percentile_interval(drawn)]
    return intervals


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise ParamError(
            what=_("{given} is no kind of feedback").format(given=repr(text)),
            where="--kind",
            remedy=_("use rating, implicit or click"),
        ) from None


def _weights(text: str) -> dict[str, float]:
    """`taste=0.5,chance=0.5` as weights by name."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        cause, _equals, weight = part.partition("=")
        try:
            weights[cause.strip()] = float(weight)
        except ValueError:
            raise ParamError(
                what=_("{given} is no weight of a cause").format(given=repr(part)),
                where="--causes",
                remedy=_("write e.g. {example}").format(example="taste=0.7,chance=0.3"),
            ) from None
    return weights


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(simulate)
