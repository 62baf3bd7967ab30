"""What a run was asked for: everything that decides its figures, and who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from recsys_core.data.splits import SplitSpec


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that decides a run's figures, and who asked for it.

    Attributes:
        settings: every parameter of the model, resolved.
        split: the text of a SplitSpec; `split_seed` its seed: runs that share both and the data are comparable.
        seed: the model's seed.
    """

    model: str
    settings: Mapping[str, Any]
    dataset: str
    fingerprint: str
    split: str
    actor: str
    split_seed: int = 42
    seed: int = 0
    k: int = 10
    name: str = ""
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def split_spec(self) -> SplitSpec:
        """The split that it asks for."""
        return SplitSpec.parse(self.split, seed=self.split_seed)

    def same_work(self, other: RunConfig) -> bool:
        """Whether both would give the same figures."""
        ignored = {"actor", "name", "created"}
        mine, theirs = asdict(self), asdict(other)
        return all(mine[key] == theirs[key] for key in mine if key not in ignored)
