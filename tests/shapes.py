"""Files as people have them, by their shape: small, deterministic, with what their columns are."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

N = 1500


@dataclass(frozen=True)
class Shape:
    """A file's content, the kind of its feedback, and its columns by role; a role that is not named has none."""

    content: bytes
    kind: str
    roles: dict[str, Any] = field(default_factory=dict)

    def role(self, name: str) -> Any:
        """The expected column (columns) of a role."""
        return self.roles.get(name, () if name.endswith(("attributes", "features")) else None)


class World:
    """Who did what and when: `users` and `items` as numbers, popular items first, `times` as moments."""

    n_users, n_items = 200, 120

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.users = rng.integers(0, self.n_users, N)
        self.items = np.minimum(rng.zipf(1.3, N) - 1, self.n_items - 1)
        self.epochs = rng.integers(1_200_000_000, 1_300_000_000, N)
        self.times = pd.to_datetime(self.epochs, unit="s")

    def scale(self, low: float, high: float, step: float = 1) -> np.ndarray:
        """Grades of a scale, all equally frequent."""
        return self.rng.choice(np.arange(low, high + step / 2, step), N)

    def counts(self, size: float = 1.0) -> np.ndarray:
        """Whole amounts with a long tail; exp(size) in the middle."""
        return np.ceil(self.rng.lognormal(size, 1.2, N)).astype(int)

    def few(self, most: int = 9) -> np.ndarray:
        """Small amounts, 1 most often."""
        return np.minimum(self.rng.geometric(0.5, N), most)

    def flags(self, share: float = 0.5) -> np.ndarray:
        """0 and 1."""
        return (self.rng.random(N) < share).astype(int)

    def among(self, *texts: str) -> np.ndarray:
        """One of these texts, at random."""
        return self.rng.choice(np.array(texts), N)

    def when(self, form: str) -> pd.Index:
        """The times as text."""
        return self.times.strftime(form)


def written(columns: dict[str, Any], *, sep: str = ",", header: bool = True, **more: Any) -> bytes:
    """The columns as a file of text."""
    return pd.DataFrame(columns).to_csv(index=False, sep=sep, header=header, **more).encode()


def named(form: str, rows: np.ndarray) -> list[str]:
    """Texts such as 'Game 7'."""
    return [form.format(row) for row in rows]


def hashed(rows: np.ndarray, salt: str = "", length: int = 40) -> list[str]:
    """Digests in place of ids."""
    return [hashlib.sha1(f"{salt}{row}".encode()).hexdigest()[:length] for row in rows]


def uuids(rows: np.ndarray, salt: str = "") -> list[str]:
    """UUIDs in place of ids."""
    return [str(uuid.UUID(one[:32])) for one in hashed(rows, salt)]
