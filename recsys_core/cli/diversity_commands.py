"""The command that draws what variety costs: frontier."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from typing import Annotated, Any

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import chatter_to, print_json, print_table
from recsys_core.errors import ParamError
from recsys_core.evaluation.meanings import rehearsing
from recsys_core.i18n import _
from recsys_core.ranking.likeness import DISTANCES, USUAL
from recsys_core.ranking.rerank import METHODS
from recsys_core.ranking.top_k import check_k
from recsys_core.runs import open_run
from recsys_core.scenarios.frontier import as_rows, knees_of
from recsys_core.scenarios.frontier_store import made_frontier
from recsys_core.training.worker import quiet_tensorflow

SHOWN = (
    "method",
    "strength",
    "ndcg",
    "loss %",
    "distance %",
    "coverage %",
    "novelty %",
    "taste %",
    "changed",
)


def frontier(
    run: str,
    k: Annotated[int, typer.Option(help=_("length of the lists"))] = 10,
    distance: Annotated[
        str, typer.Option(help=_("attributes, model or together; attributes where there are any"))
    ] = USUAL,
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """What every re-ranker costs and brings at every strength, on the validation rows of a run."""
    opened = open_run(run)
    if distance and distance not in DISTANCES:
        raise ParamError(
            what=_("{given} is no distance").format(given=repr(distance)),
            where="--distance",
            remedy=_("use one of: {known}").format(known=", ".join(DISTANCES)),
        )
    check_k(k, opened.dataset().n_items)
    quiet_tensorflow()
    with (
        chatter_to(opened.folder / "log.txt") as terminal,
        redirect_stderr(terminal),
        progress_of(events=events, words=rehearsing) as report,
    ):
        found = made_frontier(opened, k=k, distance=distance, report=report)
        if events:
            report({"status": "done", "share": 1.0})
    if json:
        knees = knees_of(found, "distance")
        told = {method: knees.get(method) for method in METHODS}
        about: dict[str, Any] = {"run": opened.id, "k": found.k, "distance": found.distance}
        print_json({**about, "users": found.n_users, "points": as_rows(found), "knees": told})
    elif not events:
        print_table([_shown(row) for row in as_rows(found)], SHOWN)
        print(_("judged on the validation rows of {n} users").format(n=found.n_users), file=sys.stderr)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    named = {"loss %": "ndcg", "taste %": "miscalibration"}
    named |= {f"{name} %": name for name in ("distance", "coverage", "novelty")}
    changes = {title: row[f"{name}_change"] for title, name in named.items()}
    return {
        "method": row["method"],
        "strength": row["strength"],
        "ndcg": row["ndcg"],
        **changes,
        "changed": row["changed"],
    }


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(frontier)
