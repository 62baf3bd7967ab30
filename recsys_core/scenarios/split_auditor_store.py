"""What the split auditor found, kept in the workspace: made once by a process of its own, opened at once afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.errors import DataError
from recsys_core.locks import Lock
from recsys_core.runs import RunConfig
from recsys_core.scenarios.split_auditor import Auditing, audit_splits, configurations
from recsys_core.types import Report, no_report
from recsys_core.workspace import subfolder

FORMAT = 1
"""Counted up when what is asked, counted or flagged changes: older ones are made anew."""
FOLDER = "audits"


def kept_auditing(
    data: Dataset, model: str, *, settings: Mapping[str, Any] | None = None, k: int = 10, seed: int = 0
) -> Auditing | None:
    """What was found before, by this version; None where there is none that can be read.

    Raises:
        NotFound, NotSupported, ParamError: see `configurations`.
    """
    wanted, _left_out = configurations(data, model, settings=settings, k=k, seed=seed, actor="")
    return _read(_path(wanted))


def made_auditing(
    data: Dataset,
    model: str,
    *,
    settings: Mapping[str, Any] | None = None,
    k: int = 10,
    seed: int = 0,
    actor: str,
    report: Report = no_report,
) -> Auditing:
    """What was found before, or found now: the model is trained under each split, which belongs into a worker.

    Raises:
        NotFound, NotSupported, ParamError: see `configurations`. DataError: a run failed.
        KeyboardInterrupt passes through; the run that had begun is removed, finished ones stay.
    """
    wanted, left_out = configurations(data, model, settings=settings, k=k, seed=seed, actor=actor)
    path = _path(wanted)
    with Lock(path.with_suffix(".lock")).waited_for():  # whoever asks meanwhile reads what this one makes
        kept = _read(path)
        if kept is not None:
            return kept
        found = audit_splits(data, model, wanted, left_out, report=report)
        files.write_json(path, {"made_by": FORMAT, **found.as_dict()})
    return found


def _path(wanted: list[list[RunConfig]]) -> Path:
    """The file of these runs: its name is a hash of everything that decides their figures."""
    ours = [configs[0] for configs in wanted]
    key = {
        "model": ours[0].model,
        "settings": dict(ours[0].settings),
        "fingerprint": ours[0].fingerprint,
        "splits": [[config.split, config.split_seed] for config in ours],
        "seed": ours[0].seed,
        "k": ours[0].k,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode("utf-8")).hexdigest()
    return subfolder(FOLDER) / f"{digest[:24]}.json"


def _read(path: Path) -> Auditing | None:
    try:
        told = files.read_json(path)
        return Auditing.read(told) if told.get("made_by") == FORMAT else None
    except (DataError, KeyError, TypeError, ValueError):
        return None
