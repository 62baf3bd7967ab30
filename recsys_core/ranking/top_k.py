"""The one place that ranks: leaves out seen items and takes the top k of whatever a scorer scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.types import FloatArray, IntArray

CELLS_A_BLOCK = 1_000_000  # a block of scores stays in the cache: three times as fast as four million


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
    n_items = scores.shape[1]
    scores = np.asarray(scores)
    narrow = scores.dtype == np.float32  # half the bytes, the same order
    cells: FloatArray = np.array(scores, dtype=np.float32 if narrow else np.float64, order="C")
    if seen is not None:
        owners = np.repeat(np.arange(len(cells), dtype=np.int64) * n_items, np.diff(seen.indptr))
        cells.ravel()[owners + seen.indices] = -np.inf
    items, best_scores = _sorted_best(cells, min(k, n_items), _lots(n_items, seed))
    missing = k - items.shape[1]
    if missing > 0:
        items = np.pad(items, ((0, 0), (0, missing)), constant_values=-1)
        best_scores = np.pad(best_scores, ((0, 0), (0, missing)), constant_values=np.nan)
    return TopK(items, best_scores)


@lru_cache(maxsize=8)
def _lots(n_items: int, seed: int) -> IntArray:
    """The lot of each item, drawn once from the seed: of equal scores the lower one comes first; read only."""
    lots = np.empty(n_items, np.int64)
    lots[np.random.default_rng(seed).permutation(n_items)] = np.arange(n_items)
    lots.flags.writeable = False
    return lots


def _sorted_best(cells: FloatArray, width: int, lots: IntArray) -> tuple[IntArray, FloatArray]:
    """Items and scores of the `width` largest cells a row, best first; -1 and NaN where none is left.

    Only cells that reach the row's threshold are sorted; all cells equal to the last place are among them.
    """
    n, n_items = cells.shape
    threshold = _threshold(cells, width)
    enough = cells >= threshold[:, None]
    if np.isneginf(threshold).any():
        enough &= cells > -np.inf
    flat = np.flatnonzero(enough)
    owner, item = np.divmod(flat, n_items)
    counts = np.bincount(owner, minlength=n)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(counts) - counts, counts)
    most = max(int(counts.max(initial=0)), width)
    found = np.full((n, most), -1, np.int64)
    scores, lot = np.full((n, most), -np.inf), np.full((n, most), n_items, np.int64)
    found[owner, place], scores[owner, place], lot[owner, place] = item, cells.ravel()[flat], lots[item]
    order = np.argsort(-scores, axis=1)
    ranked = np.take_along_axis(scores, order, axis=1)
    equal = (ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] > -np.inf)
    tied = np.flatnonzero(equal.any(axis=1))  # drawing lots costs eight times as much as sorting
    order[tied] = np.lexsort((lot[tied], -scores[tied]), axis=-1)
    order = order[:, :width]
    items, best = np.take_along_axis(found, order, axis=1), np.take_along_axis(scores, order, axis=1)
    best[items < 0] = np.nan
    return items, best


def _threshold(cells: FloatArray, width: int) -> FloatArray:
    """A bound a row that at least `width` cells reach, and few more; NaN cells become -inf; shape (n,).

    The width-th largest of the maxima of groups of columns: one pass over the cells, and a partition of few.
    """
    n_items = cells.shape[1]
    n_groups = max(4 * width, isqrt(n_items * width))
    depth = n_items // n_groups
    if depth < 2:
        cells[np.isnan(cells)] = -np.inf
        return np.partition(cells, n_items - width, axis=1)[:, n_items - width]
    groups, rest = _maxima(cells, n_groups, depth), n_items - n_groups * depth
    if np.isnan(groups).any() or np.isnan(cells[:, n_items - rest :]).any():
        cells[np.isnan(cells)] = -np.inf
        groups = _maxima(cells, n_groups, depth)
    return np.partition(groups, n_groups - width, axis=1)[:, n_groups - width]


def _maxima(cells: FloatArray, n_groups: int, depth: int) -> FloatArray:
    """Largest of every n_groups-th column; columns left over belong to no group. Shape (n, n_groups)."""
    whole = cells[:, : n_groups * depth].reshape(len(cells), depth, n_groups)
    return np.asarray(whole.max(axis=1))


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
