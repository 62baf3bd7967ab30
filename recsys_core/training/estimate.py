"""Before a training: how long it will take and how much memory, what that rests on, and whether it fits. No TensorFlow.

Work is counted (`estimate_work`), its cost known from measurements (`estimate_costs`), the machine's speed from a short
exercise (`estimate_speed`); finished runs of the same model on this machine correct all three (`estimate_past`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.evaluation.meanings import duration, number
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import resolve
from recsys_core.training.capacity import free_bytes, most_workers, thread_limits
from recsys_core.training.estimate_need import ONCE, Need, Question, need
from recsys_core.training.estimate_past import Past, past_of
from recsys_core.training.estimate_sizes import Epochs, Sizes
from recsys_core.training.estimate_speed import speed
from recsys_core.training.members import chosen_members
from recsys_core.workspace import workspace

DEFAULT_SPLIT = SplitSpec()
EARLIER, LATER = 0.7, 1.4
"""How far the cost of the same epochs varies from one training to the next."""
FEW_SECONDS = 5.0
CLOSE = 0.8
"""Above this share of what is free there is a warning that it is close."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will need.

    Attributes:
        seconds: to the end: choosing epochs, final fit, export and judging; `least` and `most` as early stopping may go.
        memory_mb: at the peak; `free_mb` are free now. disk_mb: what it writes; `free_disk_mb`: what is free.
        epochs: how many it is likely to make before the final fit and for it; None for models without.
        basis: what the figures rest on, in words.
        warnings: why it may not fit; empty when it does.
    """

    seconds: float
    least: float
    most: float
    memory_mb: float
    free_mb: float
    disk_mb: float
    free_disk_mb: float
    epochs: Epochs | None
    basis: str
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        low, high, memory = duration(self.least), duration(self.most), size(self.memory_mb)
        if self.most < FEW_SECONDS:
            return _("A few seconds, with {memory} of memory at its peak.").format(memory=memory)
        return _("About {seconds} to the end ({low} to {high}), with {memory} of memory at its peak.").format(
            seconds=duration(self.seconds), low=low, high=high, memory=memory
        )

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        return {
            "seconds": round(self.seconds, 2),
            "seconds_range": [round(self.least, 2), round(self.most, 2)],
            "memory_mb": round(self.memory_mb),
            "memory_free_mb": round(self.free_mb),
            "disk_mb": round(self.disk_mb, 1),
            "disk_free_mb": round(self.free_disk_mb),
            "epochs": None if self.epochs is None else [round(self.epochs.train), round(self.epochs.refit)],
            "basis": self.basis,
            "warnings": list(self.warnings),
        }


def estimate(
    data: Dataset,
    model: str,
    *,
    settings: Mapping[str, Any] | None = None,
    split: SplitSpec = DEFAULT_SPLIT,
    look_back: bool = True,
) -> Estimate:
    """What a training of this model on these data will need, within a factor of two as a rule; takes milliseconds.

    Args:
        look_back: whether finished runs of the model in the workspace correct the figures.
    Raises:
        NotFound: no such model. ParamError: a bad setting, or a blend without members.
    """
    registry.learner(model)
    resolved = resolve(registry.params_of(model), settings or {})
    if model == "blend":
        resolved["members"] = chosen_members(resolved["members"], resolved["goal"], data, split)
    sizes = Sizes.of(data.n_users, data.n_items, len(data.interactions), data.kind, split)
    asked = Question(model, resolved, sizes, split, speed(cores_a_worker()))
    past = past_of(model, data.fingerprint, split, asked.speed) if look_back else Past()
    return _answer(asked, past)


def cores_a_worker() -> int:
    """Cores that one training gets."""
    return int(thread_limits(most_workers())["OMP_NUM_THREADS"])


def _answer(asked: Question, past: Past) -> Estimate:
    expected = asked.expected(past.best)
    needed = need(asked, expected)
    guess, least, most = (seconds * past.fit + needed.rest * past.rest for seconds in needed.fit)
    memory, free = needed.memory_mb * past.memory, free_bytes() / 1e6
    free_disk = shutil.disk_usage(workspace()).free / 1e6
    epochs = None if expected is ONCE else expected.guess
    return Estimate(
        guess,
        least * EARLIER,
        most * LATER,
        memory,
        free,
        needed.disk_mb,
        free_disk,
        epochs,
        _basis(asked, needed, epochs, past),
        _warnings(memory, free, needed.disk_mb, free_disk),
    )


def size(mb: float) -> str:
    """`850 MB`, `1.3 GB`."""
    if mb < 1000:
        return _("{n:.0f} MB").format(n=mb)
    return _("{n:.1f} GB").format(n=mb / 1000)


def _basis(asked: Question, needed: Need, epochs: Epochs | None, past: Past) -> str:
    sizes = asked.sizes
    parts = [
        _("Counted from {users:,} x {items:,} (users x items) and {rows:,} rows to learn from").format(
            users=sizes.users, items=sizes.items, rows=sizes.fit
        )
    ]
    if needed.weights:
        parts.append(_("{n} numbers to learn").format(n=number(needed.weights)))
    if epochs is not None and epochs.refit:
        parts.append(
            _("a guess of {n:.0f} epochs until it stops and {m:.0f} for the final fit").format(
                n=epochs.train, m=epochs.refit
            )
        )
    elif epochs is not None:
        parts.append(_("{n:.0f} epochs").format(n=epochs.train))
    return ", ".join(parts) + "; " + _how_fast(past)


def _how_fast(past: Past) -> str:
    if past.same_data:
        return _("corrected by what finished runs of this model on these data took ({n}).").format(n=past.n)
    if past.n:
        return _("corrected by what finished runs of this model on other data took ({n}).").format(n=past.n)
    return _("at the speed of this machine ({n} of its cores). Finished runs will make it surer.").format(
        n=cores_a_worker()
    )


def _warnings(memory: float, free: float, disk: float, free_disk: float) -> tuple[str, ...]:
    found = []
    if memory > free:
        found.append(
            _("It will not fit: it needs about {memory} of memory, and {free} are free.").format(
                memory=size(memory), free=size(free)
            )
            + " "
            + _("Choose a smaller model or less data, or end something else first.")
        )
    elif memory > CLOSE * free:
        found.append(
            _("It may not fit: it needs about {memory} of the {free} of memory that are free.").format(
                memory=size(memory), free=size(free)
            )
        )
    if disk > CLOSE * free_disk:
        found.append(
            _("The disk may be too full: it writes about {disk}, and {free} are free.").format(
                disk=size(disk), free=size(free_disk)
            )
        )
    return tuple(found)
