"""Where a training stands, kept in a folder so that it goes on after its process died."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from recsys_core import files
from recsys_core.types import Report, ShouldStop, never_stop, no_report

SAVE_EVERY_SECONDS = 10.0


@dataclass(slots=True)
class Saved:
    """A phase as it was kept.

    Attributes:
        progress: numbers of the loop: epoch, step inside it, history, best figure, whether the phase is complete.
        state: every variable of the training, in the order of `Task.state`.
        best: weights of the best epoch so far, in the order of `model.get_weights()`; empty before one is known.
    """

    progress: dict[str, Any]
    state: list[np.ndarray]
    best: list[np.ndarray]


@dataclass
class Checkpoint:
    """One npz file a phase in `folder`, each written atomically: a reader sees the old state or the new one.

    Args:
        folder: where the files lie; made when first written to.
        every: seconds between two looks that write.
    """

    folder: Path
    every: float = SAVE_EVERY_SECONDS
    _last: float = field(default_factory=time.perf_counter, init=False)

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.perf_counter() - self._last >= self.every

    def save(
        self,
        phase: str,
        progress: dict[str, Any],
        state: Sequence[np.ndarray],
        best: Sequence[np.ndarray] | None,
    ) -> None:
        """Keeps where `phase` stands."""
        told = np.frombuffer(json.dumps(progress).encode("utf-8"), dtype=np.uint8)
        arrays = {"progress": told, **_numbered("state", state), **_numbered("best", best or ())}
        files.write_arrays(self.folder / f"{phase}.npz", arrays)
        self._last = time.perf_counter()

    def load(self, phase: str) -> Saved | None:
        """What was kept of `phase`; None where nothing was, or where it cannot be read."""
        try:
            arrays = files.read_arrays(self.folder / f"{phase}.npz")
            progress = json.loads(arrays["progress"].tobytes())
        except (FileNotFoundError, KeyError, ValueError, EOFError, BadZipFile):
            return None
        return Saved(progress, _in_order("state", arrays), _in_order("best", arrays))


def _numbered(name: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{name}_{place:05d}": np.asarray(array) for place, array in enumerate(arrays)}


def _in_order(name: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}_")]


@dataclass(frozen=True, slots=True)
class Session:
    """One training and whoever watches it.

    Attributes:
        seed: decides every draw.
        report: told each event.
        should_stop: asked between compiled calls; raises Interrupted where the process was told to leave.
        checkpoint: where it is kept to go on from; None keeps nothing.
        refit: whether the final model learns from validation rows too. A trial of a search stays as it was chosen, so
            that the validation rows can judge it.
    """

    seed: int
    report: Report = no_report
    should_stop: ShouldStop = never_stop
    checkpoint: Checkpoint | None = None
    refit: bool = True
