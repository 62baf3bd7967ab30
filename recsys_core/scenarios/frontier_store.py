"""A run's frontiers, kept in its folder: made once by a process of their own, opened at once afterwards."""

from __future__ import annotations

import pandas as pd

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.locks import Lock
from recsys_core.ranking.likeness import USUAL
from recsys_core.runs import Run
from recsys_core.scenarios.frontier import Frontier, frontier
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.rehearsal import make_rehearsal
from recsys_core.types import Report, ShouldStop, never_stop, no_report

FORMAT = 1
"""Counted up when what a re-ranker picks, or how it is judged, changes: older frontiers are made anew."""
FOLDER = "frontier"


def made_frontier(
    run: Run,
    *,
    k: int = 10,
    distance: str = USUAL,
    report: Report = no_report,
    should_stop: ShouldStop = never_stop,
) -> Frontier:
    """The run's frontier: the kept one, or a new one, which learns a network once more and so belongs into a worker.

    Raises:
        NotSupported, DataError: see `make_rehearsal`. Cancelled: it was stopped; nothing half-made remains.
    """
    data = run.dataset()
    serving = make_rehearsal(run, report=report, should_stop=should_stop, data=data)
    with Lock(run.folder / "frontier.lock").waited_for():  # whoever asks meanwhile reads what this one makes
        kept = kept_frontier(run, serving, k=k, distance=distance)
        if kept is not None:
            return kept
        found = frontier(serving, k=k, distance=distance, report=report, should_stop=should_stop)
        _keep(run, found)
    return found


def _keep(run: Run, found: Frontier) -> None:
    """Writes the points, then what tells that they are there."""
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    files.write_table(folder / f"{_name(found.k, found.distance)}.parquet", found.points)
    about = {"k": found.k, "distance": found.distance, "n_users": found.n_users, "made_by": FORMAT}
    files.write_json(folder / f"{_name(found.k, found.distance)}.json", about)


def kept_frontier(run: Run, serving: Serving, *, k: int = 10, distance: str = USUAL) -> Frontier | None:
    """The frontier that was made before, by this version; None where there is none that can be read.

    Args:
        serving: any opened form of the run: it knows which distance is meant.
    """
    name = distance if distance in serving.studio.distances else serving.studio.usual[0]
    path = run.folder / FOLDER / f"{_name(min(k, serving.data.n_items), name)}.json"
    try:
        about = files.read_json(path)
        if about.get("made_by") != FORMAT:
            return None
        points = pd.read_parquet(path.with_suffix(".parquet"))
        return Frontier(int(about["k"]), str(about["distance"]), int(about["n_users"]), points)
    except (DataError, OSError, KeyError, ValueError):
        return None


def _name(k: int, distance: str) -> str:
    return f"{k}-{distance}"
