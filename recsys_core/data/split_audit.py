"""What a split really tests: overlap, cold shares, order in time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recsys_core.columns import TIME, USER_ROW
from recsys_core.data.splits import Split


@dataclass(frozen=True, slots=True)
class SplitAudit:
    """Counts of one split.

    Attributes:
        pairs_in_both: user-item pairs that stand in training (with valid) and in test: 0 unless test rows leak.
        cold_users: share of test rows whose user has no training row.
        cold_items: share of test rows whose item has no training row.
        test_before_train: share of test rows older than their own user's newest training row; None without time.
    """

    train: int
    valid: int
    test: int
    pairs_in_both: int
    cold_users: float
    cold_items: float
    test_before_train: float | None

    def as_dict(self) -> dict[str, Any]:
        """The audit as plain JSON."""
        return asdict(self)


def audit(split: Split) -> SplitAudit:
    """Audits a split."""
    data = split.dataset
    seen, held_out = split.matrix(split.fit_rows), split.matrix(split.test)
    users, items, _values = split.triples(split.test)
    known_user = np.asarray(seen.sum(axis=1)).ravel() > 0
    known_item = np.asarray(seen.sum(axis=0)).ravel() > 0
    before = None
    if data.has_time:
        times = data.interactions[TIME].to_numpy()
        newest = np.full(data.n_users, np.iinfo(np.int64).min)
        np.maximum.at(newest, data.interactions[USER_ROW].to_numpy()[split.fit_rows], times[split.fit_rows])
        before = float((times[split.test] < newest[users]).mean())
    return SplitAudit(
        train=len(split.train),
        valid=len(split.valid),
        test=len(split.test),
        pairs_in_both=int(seen.multiply(held_out).nnz),
        cold_users=float((~known_user[users]).mean()),
        cold_items=float((~known_item[items]).mean()),
        test_before_train=before,
    )
