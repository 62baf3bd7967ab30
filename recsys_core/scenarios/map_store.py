"""A run's maps, kept in its folder: made once by a process of their own, opened at once afterwards."""

from __future__ import annotations

import numpy as np

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.locks import Lock
from recsys_core.runs import Run
from recsys_core.scenarios.embedding_map import ITEMS, TSNE, EmbeddingMap, check_asked, make_map
from recsys_core.scenarios.lists import Serving
from recsys_core.types import Report, no_report

FORMAT = 1
"""Counted up when a map would look different: older ones are drawn anew."""
FOLDER = "map"
_ARRAYS = ("rows", "vectors", "near", "places")
_FIGURES = ("n_all", "kept", "chance", "seconds")


def made_map(run: Run, *, of: str = ITEMS, method: str = TSNE, report: Report = no_report) -> EmbeddingMap:
    """The run's map: the kept one, or a new one, which is kept.

    Raises:
        ParamError, NotSupported: see `make_map`; NotFound: the run is not done.
    """
    check_asked(of, method)
    folder = run.folder / FOLDER
    with Lock(run.folder / "map.lock").waited_for():  # whoever asks meanwhile reads what this one makes
        kept = kept_map(run, of, method)
        if kept is not None:
            return kept
        found = make_map(Serving.open(run), model=run.config.model, of=of, method=method, report=report)
        folder.mkdir(exist_ok=True)
        name = f"{of}-{method}"
        files.write_arrays(folder / f"{name}.npz", {one: getattr(found, one) for one in _ARRAYS})
        figures = {one: getattr(found, one) for one in _FIGURES}
        files.write_json(folder / f"{name}.json", {"made_by": FORMAT, **figures})
    return found


def kept_map(run: Run, of: str, method: str) -> EmbeddingMap | None:
    """The map that was drawn before, by this version; None where there is none that can be read."""
    path = run.folder / FOLDER / f"{of}-{method}.json"
    try:
        about = files.read_json(path)
        if about.get("made_by") != FORMAT:
            return None
        arrays = files.read_arrays(path.with_suffix(".npz"))
        rows, vectors, near, places = (arrays[one] for one in _ARRAYS)
        whole = {len(rows)} == {len(one) for one in (vectors, near, places)}
        figures = [float(about[one]) for one in _FIGURES]
    except (DataError, OSError, KeyError, ValueError, TypeError):
        return None
    if not whole or not np.isfinite(places).all():
        return None
    return EmbeddingMap(of, method, rows, vectors, near, places, int(figures[0]), *figures[1:])
