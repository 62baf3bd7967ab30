"""Items or users on a map: their vectors, as the model sees them, brought to two dimensions; and how far to trust it.

t-SNE: van der Maaten & Hinton, JMLR 9, 2008, started from PCA (Kobak & Berens, Nature Communications 10, 2019).
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import TextIOBase

import numpy as np

from recsys_core.data.dataset import Words
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.ranking.likeness import MODEL, user_vectors
from recsys_core.ranking.top_k import blocks_of
from recsys_core.scenarios.lists import Serving
from recsys_core.types import FloatArray, IntArray, Report, no_report

ITEMS, USERS = "items", "users"
SIDES = (ITEMS, USERS)
TSNE, PCA = "tsne", "pca"
METHODS = {
    TSNE: (
        N_("t-SNE"),
        N_(
            "Keeps neighbours together, at the price of all else: how far apart two groups lie means nothing."
        ),
    ),
    PCA: (
        N_("PCA"),
        N_(
            "The two directions in which the {items} differ most: fast, and most of the differences are not in it."
        ),
    ),
}
"""Name -> title and meaning of each way to draw."""
MOST_POINTS = 3000
MOST_PROBES = 1000
"""So many items, the most chosen, are scored for every user to tell how users differ."""
N_NEAR = 10
LEAST_POINTS, FEW_POINTS = 4, 1000
ITERATIONS, PERPLEXITY, ANGLE = 500, 30.0, 0.7
SEED, SAME = 0, 1e-12
SMALL = 1e-4
"""So wide t-SNE begins, from the picture of PCA."""
STARTED, SCORING, DRAWING, CHECKING, DONE = "started", "scoring", "drawing", "checking", "done"


@dataclass(frozen=True)
class EmbeddingMap:
    """A map. Read only.

    Attributes:
        of: `items` or `users`; method: a name in METHODS.
        rows: which of them, in the data's tables, (n,).
        vectors: their unit vectors in the full space, (n, d), float32.
        near: for each the points nearest in the full space, nearest first, (n, m), m at most 10.
        places: where they stand on the map, (n, 2).
        n_all: how many the data have.
        kept: share of each point's nearest that are among its nearest on the map too, the mean over points.
        chance: the same for a map on which points lie anyhow.
        seconds: what it took to make.
    """

    of: str
    method: str
    rows: IntArray
    vectors: FloatArray
    near: IntArray
    places: FloatArray
    n_all: int
    kept: float
    chance: float
    seconds: float

    def place_of(self, row: int) -> int | None:
        """Which point a row of the data's table is; None where it is not on the map."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else None

    def likeness(self, point: int, others: IntArray) -> FloatArray:
        """Cosine of a point with others in the full space, shape of `others`."""
        return np.asarray(self.vectors[others] @ self.vectors[point], dtype=np.float64)


def check_mappable(model: str, words: Words) -> None:
    """Raises NotSupported for a floor: it has no vectors that a map could show."""
    spec = registry.spec(model)
    if spec.floor:
        raise _flat(_(spec.title), words)


def make_map(
    serving: Serving, *, model: str, of: str = ITEMS, method: str = TSNE, report: Report = no_report
) -> EmbeddingMap:
    """A map of a run's items or users; t-SNE takes tens of seconds and belongs into a process of its own.

    Raises:
        ParamError: no such side or method. NotSupported: the model has no vectors, or there are too few to draw.
    """
    check_asked(of, method)
    check_mappable(model, serving.data.words)
    began = time.perf_counter()
    report({"status": SCORING, "share": 0.0})
    rows, vectors = item_points(serving) if of == ITEMS else user_points(serving, report)
    if len(rows) < LEAST_POINTS:
        raise _flat(_(registry.spec(model).title), serving.data.words)
    report({"status": DRAWING, "share": 0.1})
    places = drawn(vectors, method, _with_time(report))
    report({"status": CHECKING, "share": 0.95})
    near = nearest(vectors)
    return EmbeddingMap(
        of=of,
        method=method,
        rows=rows,
        vectors=vectors.astype(np.float32),
        near=near,
        places=places.astype(np.float32),
        n_all=serving.data.n_items if of == ITEMS else serving.data.n_users,
        kept=kept_share(near, nearest(places)),
        chance=near.shape[1] / (len(rows) - 1),
        seconds=time.perf_counter() - began,
    )


def check_asked(of: str, method: str) -> None:
    """Raises ParamError for a side or a method that is none."""
    for given, known, where in ((of, SIDES, "--of"), (method, METHODS, "--method")):
        if given not in known:
            raise ParamError(
                what=_("{given} cannot be drawn").format(given=repr(given[:80])),
                where=where,
                remedy=_("use one of: {known}").format(known=", ".join(known)),
            )


def item_points(serving: Serving) -> tuple[IntArray, FloatArray]:
    """Rows and unit vectors of the items that somebody chose, the most chosen where there are too many."""
    vectors = serving.explaining.studio.vectors(MODEL)
    order = np.argsort(-serving.popularity, kind="stable")
    there = (serving.popularity[order] > 0) & (np.abs(vectors[order]).sum(axis=1) > 0)
    rows = np.sort(order[there][:MOST_POINTS])
    return rows, vectors[rows]


def user_points(serving: Serving, report: Report = no_report) -> tuple[IntArray, FloatArray]:
    """Rows and unit vectors of the users who chose something, a sample where there are too many.

    A user's vector is made of how the model scores the most chosen items for them.
    """
    known = np.flatnonzero(np.diff(serving.seen.indptr) > 0)
    rows = np.sort(np.random.default_rng(SEED).permutation(known)[:MOST_POINTS])
    items = np.argsort(-serving.popularity, kind="stable")[:MOST_PROBES]
    ask, parts, done = serving.explaining.ask, [], 0
    for block in blocks_of(rows, serving.data.n_items):
        parts.append(np.asarray(ask(block), dtype=np.float64)[:, items])
        done += len(block)
        report({"status": SCORING, "share": 0.1 * done / len(rows)})
    vectors = user_vectors(np.concatenate(parts)) if parts else np.zeros((0, 1))
    there = np.abs(vectors).sum(axis=1) > 0
    return rows[there], vectors[there]


def drawn(
    vectors: FloatArray, method: str, told: Callable[[float], None] = lambda _share: None
) -> FloatArray:
    """Two coordinates a point, (n, d) -> (n, 2); `told` hears the share that is done."""
    from sklearn import decomposition, manifold
    from threadpoolctl import threadpool_limits

    if np.ptp(vectors, axis=0).max() < SAME:  # all in one place: anywhere is as good
        return np.random.default_rng(SEED).normal(0, 1, (len(vectors), 2))
    size = min(2, *vectors.shape)
    first = decomposition.PCA(size, svd_solver="full").fit_transform(vectors)
    first = np.pad(first, ((0, 0), (0, 2 - size)))
    if method == PCA:
        return first
    start = first / first[:, 0].std() * SMALL
    made = manifold.TSNE(
        2,
        init=start.astype(np.float32),
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        max_iter=ITERATIONS,
        angle=ANGLE,
        random_state=SEED,
        verbose=2,
    )
    # where points are few, threads wait for each other longer than they work
    threads = 1 if len(vectors) < FEW_POINTS else None
    with threadpool_limits(threads), redirect_stdout(_Listener(told)):  # type: ignore[type-var]
        return np.asarray(made.fit_transform(np.asarray(vectors, dtype=np.float32)))


def _with_time(report: Report) -> Callable[[float], None]:
    """Tells the share of the drawing that is done, and how long the rest will take."""
    began = time.perf_counter()

    def told(share: float) -> None:
        left = (time.perf_counter() - began) * (1 - share) / share
        report({"status": DRAWING, "share": 0.1 + 0.85 * share, "seconds_left": left})

    return told


class _Listener(TextIOBase):
    """Hears how far t-SNE is from what it prints, which is the only way that it tells."""

    def __init__(self, told: Callable[[float], None]) -> None:
        super().__init__()
        self._told, self._outside = told, sys.stdout

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        found = re.search(r"Iteration (\d+)", text)
        if found:
            with redirect_stdout(self._outside):  # who is told may print
                self._told(min(1.0, int(found[1]) / ITERATIONS))
        return len(text)


def nearest(points: FloatArray) -> IntArray:
    """For each point the others nearest to it, nearest first: (n, d) -> (n, at most 10)."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=min(N_NEAR, len(points) - 1)).fit(points)
    return np.asarray(found.kneighbors(return_distance=False), dtype=np.int64)


def kept_share(near: IntArray, on_map: IntArray) -> float:
    """Share of each row of `near` that stands in the same row of `on_map`, the mean over rows."""
    return float((near[:, :, None] == on_map[:, None, :]).any(axis=2).mean())


def _flat(model: str, words: Words) -> NotSupported:
    return NotSupported(
        what=_(
            "{model} has no embedding: it does not learn how {items} or {users} differ from each other"
        ).format(model=model, items=words.items, users=words.users),
        where=_("map"),
        remedy=_("choose a run of a model that learns that, such as EASE or a network"),
    )
