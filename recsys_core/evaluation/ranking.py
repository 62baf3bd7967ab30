"""The one place that ranks: leaves out seen items and takes the top k of whatever a scorer scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.types import FloatArray, IntArray

CELLS_A_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class TopK:
    """Ranked lists, best first.

    Attributes:
        items: item rows, shape (n, k); -1 where a user has fewer than k unseen items.
        scores: their scores, shape (n, k); NaN beside -1.
    """

    items: IntArray
    scores: FloatArray


def check_k(k: int, n_items: int) -> int:
    """`k` itself, when the catalogue is large enough; raises ParamError."""
    if not 1 <= k <= n_items:
        raise ParamError(
            what=_("k is {k}, but the catalogue has {n_items} entries").format(k=k, n_items=n_items),
            where="--k",
            remedy=_("use a number from 1 to {n_items}").format(n_items=n_items),
        )
    return k


def top_k(scores: FloatArray, k: int, *, seen: csr_matrix | None = None, seed: int = 0) -> TopK:
    """The k best items of each row of scores; equal scores in an order drawn once from the seed.

    Args:
        scores: shape (n, n_items); not changed.
        seen: items to leave out, sparse, shape (n, n_items).
    """
    n, n_items = scores.shape
    width = min(k, n_items)
    shuffle = np.random.default_rng(seed).permutation(n_items)
    shuffled = np.asarray(scores, dtype=np.float64)[:, shuffle]
    if seen is not None:
        owners = np.repeat(np.arange(n), np.diff(seen.indptr))
        place = np.empty(n_items, np.int64)
        place[shuffle] = np.arange(n_items)
        shuffled[owners, place[seen.indices]] = -np.inf
    shuffled[np.isnan(shuffled)] = -np.inf
    best = _sorted_best(shuffled, width)
    best_scores = np.take_along_axis(shuffled, best, axis=1)
    items = shuffle[best]
    nothing = np.isneginf(best_scores)
    items[nothing], best_scores[nothing] = -1, np.nan
    if width < k:
        items = np.pad(items, ((0, 0), (0, k - width)), constant_values=-1)
        best_scores = np.pad(best_scores, ((0, 0), (0, k - width)), constant_values=np.nan)
    return TopK(items, best_scores)


def _sorted_best(scores: FloatArray, width: int) -> IntArray:
    """Columns of the `width` largest cells a row, best first; equal cells by column."""
    n_items = scores.shape[1]
    if width < n_items:
        threshold = np.partition(scores, n_items - width, axis=1)[:, n_items - width, None]
        above, equal = scores > threshold, scores == threshold
        room = width - above.sum(axis=1, keepdims=True)
        chosen = above | (equal & (np.cumsum(equal, axis=1) <= room))
        columns = np.nonzero(chosen)[1].reshape(len(scores), width)
    else:
        columns = np.broadcast_to(np.arange(n_items), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def blocks_of(rows: IntArray, n_items: int) -> Iterator[IntArray]:
    """Cuts user rows so that one block of scores stays small, whatever the catalogue."""
    size = max(1, CELLS_A_BLOCK // n_items)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def rank_users(
    score_catalogue: Callable[[IntArray], FloatArray],
    users: IntArray,
    k: int,
    *,
    seen: csr_matrix,
    seed: int = 0,
    report: Callable[[float], None] | None = None,
) -> TopK:
    """Top-k lists of many users, block by block.

    Args:
        score_catalogue: user rows (n,) -> scores (n, n_items).
        seen: items to leave out, one row a user of the data set.
        report: told the share that is done, from 0 to 1.
    """
    parts, done = [], 0
    for block in blocks_of(users, seen.shape[1]):
        parts.append(top_k(score_catalogue(block), k, seen=seen[block], seed=seed))
        done += len(block)
        if report is not None:
            report(done / len(users))
    if not parts:
        return TopK(np.empty((0, k), np.int64), np.empty((0, k)))
    return TopK(
        np.concatenate([part.items for part in parts]), np.concatenate([part.scores for part in parts])
    )
