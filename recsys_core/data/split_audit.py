"""What a split really tests: who and what stands where, overlap, cold shares, order in time, and what gives it away."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recsys_core.columns import ITEM_ROW, TIME, USER_ROW
from recsys_core.data.split_flags import LEAK, Flag, flags_of, newest_learned
from recsys_core.data.splits import Split
from recsys_core.types import IntArray


@dataclass(frozen=True, slots=True)
class SplitAudit:
    """Counts of one split. Training is what a final model learns from: train and valid.

    Attributes:
        train, valid, test: rows of each part.
        pairs_in_both: user-item pairs that stand in training and in test: 0 unless test rows leak.
        cold_users: share of test rows whose user has no training row.
        cold_items: share of test rows whose item has no training row.
        test_before_train: share of test rows older than their own user's newest training row; None without time.
        test_before_any_train: the same with anybody's newest training row; None without time.
        train_users, valid_users, test_users: users with a row there; so with items.
        new_users, new_items: those of test without a training row.
        flags: what is worth saying, leaks first.
    """

    train: int
    valid: int
    test: int
    pairs_in_both: int
    cold_users: float
    cold_items: float
    test_before_train: float | None
    test_before_any_train: float | None
    train_users: int
    valid_users: int
    test_users: int
    train_items: int
    valid_items: int
    test_items: int
    new_users: int
    new_items: int
    flags: tuple[Flag, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing of test is given away."""
        return not any(flag.severity == LEAK for flag in self.flags)

    @property
    def rows_a_user(self) -> float:
        """Test rows of a user of test, on average."""
        return self.test / self.test_users

    def as_dict(self) -> dict[str, Any]:
        """The audit as plain JSON."""
        return {**asdict(self), "flags": [asdict(flag) for flag in self.flags], "clean": self.clean}


def audit(split: Split) -> SplitAudit:
    """Audits a split: counts, shares and flags."""
    events = split.dataset.interactions
    columns = {"users": events[USER_ROW].to_numpy(), "items": events[ITEM_ROW].to_numpy()}
    parts = {"train": split.train, "valid": split.valid, "test": split.test}
    counted = {
        f"{part}_{side}": len(np.unique(column[rows]))
        for side, column in columns.items()
        for part, rows in parts.items()
    }
    cold = {side: _cold(column, split) for side, column in columns.items()}
    seen, held_out = split.matrix(split.fit_rows), split.matrix(split.test)
    own, anybody = _before(split) if split.dataset.has_time else (None, None)
    return SplitAudit(
        **{part: len(rows) for part, rows in parts.items()},
        **counted,
        pairs_in_both=int(seen.multiply(held_out).nnz),
        cold_users=cold["users"][0],
        cold_items=cold["items"][0],
        new_users=cold["users"][1],
        new_items=cold["items"][1],
        test_before_train=own,
        test_before_any_train=anybody,
        flags=tuple(flags_of(split)),
    )


def _cold(column: IntArray, split: Split) -> tuple[float, int]:
    """Of test rows, the share whose entry has no training row; and how many such entries there are."""
    asked = column[split.test]
    new = ~np.isin(asked, column[split.fit_rows])
    return float(new.mean()), len(np.unique(asked[new]))


def _before(split: Split) -> tuple[float, float]:
    """Shares of test rows older than the newest training row: of their own user, of anybody."""
    times = split.dataset.interactions[TIME].to_numpy()
    late = times[split.test]
    return float((late < newest_learned(split)).mean()), float((late < times[split.fit_rows].max()).mean())
