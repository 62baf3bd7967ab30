"""How good the lists of held-out items are as their interactions become known: attributes against counting.

Nothing is trained again. Of each held-out item some rows are drawn in one order, and the first 0, 1, 2, ... of them
are shown: a model of attributes stands still, a model of ids learns the item's vector or weights with everything else
fixed. What is asked for, and who may be suggested, is the same at every step, so that the lines are comparable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM_ROW, USER_ROW
from recsys_core.errors import NotSupported
from recsys_core.evaluation.intervals import Interval, mean_interval, paired_interval
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.i18n import N_, _
from recsys_core.models.baselines import Ease
from recsys_core.models.ials import Ials
from recsys_core.ranking.top_k import top_k
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.new_item_floors import content_neighbours, popularity_by_attribute
from recsys_core.serving.base import Scorer
from recsys_core.serving.factors import FactorsScorer, solve_rows
from recsys_core.types import FloatArray, IntArray

STEPS = (0, 1, 2, 3, 5, 10, 20)
K = 10
DRAW_STREAM = 3
MAX_EASE_ITEMS, MAX_IALS_ROWS = 4000, 2_000_000
"""Up to here the two models of ids are fitted while a person waits."""
MODEL, BY_ATTRIBUTE, SIMILAR, COUNT, EASE, IALS = "model", "attribute", "similar", "count", "ease", "ials"
HOW = {
    MODEL: N_("the run itself: it reads attributes only, so it stands still until it is trained again"),
    BY_ATTRIBUTE: N_("popularity of known ones with its attributes, the same for everybody; stands still"),
    SIMILAR: N_("likeness by attributes to what a person chose; stands still"),
    COUNT: N_("how often it was chosen so far"),
    EASE: N_("EASE: its weights by one ridge regression on who chose it so far"),
    IALS: N_("iALS: its vector by one ridge regression, all people's vectors fixed"),
}
NAMES = {
    BY_ATTRIBUTE: N_("Attribute popularity"),
    SIMILAR: N_("Similar attributes"),
    COUNT: N_("Popularity so far"),
    EASE: N_("EASE + known rows"),
    IALS: N_("iALS + known rows"),
}
Line = Callable[[csr_matrix], FloatArray]
"""What is known of the held-out items, users x held-out items of ones -> scores of them for the judged users."""


@dataclass(frozen=True)
class Curve:
    """What was measured.

    Attributes:
        table: `line`, `known`, `ndcg`, `low`, `high`: the mean over users and its 95 % interval.
        per_user: (line, known) -> values of the judged users (n_users,).
        n_users, n_items: users that are judged, and held-out items that they are shown.
        distinct: how many different first tens the run makes of the held-out items, before anything is known of them.
    """

    table: pd.DataFrame
    per_user: dict[tuple[str, int], FloatArray]
    n_users: int
    n_items: int
    distinct: int | None

    def value(self, line: str, known: int) -> float:
        """The mean of a line at a step."""
        return float(self.per_user[line, known].mean())

    def gain(self, line: str, known: int, other: str, other_known: int) -> Interval:
        """The paired difference of two points, one minus the other."""
        return paired_interval(self.per_user[line, known], self.per_user[other, other_known])

    @property
    def overtaken(self) -> tuple[str, int] | None:
        """The first line of ids that surely beats the run's own, and from how many known rows on; None: none does."""
        for known in STEPS:
            for line in (EASE, IALS, COUNT):
                both = (line, known) in self.per_user and (MODEL, known) in self.per_user
                if both and self.gain(line, known, MODEL, known).low > 0:
                    return line, known
        return None


@dataclass(frozen=True)
class Reveal:
    """Rows of held-out items: which are shown, in which order, and which are asked for.

    Attributes:
        users, items: of each row, items as places among the held-out ones.
        place: the row's place in its item's order, from 0; at most STEPS[-1] are shown, and at most half of them.
        shown: whether the row can ever be shown.
    """

    users: IntArray
    items: IntArray
    place: IntArray
    shown: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, serving: Serving, most: int = STEPS[-1]) -> Reveal:
        """The order is drawn once from the split's seed, so that more known rows hold the fewer ones too."""
        split = serving.split
        events = split.dataset.interactions.iloc[split.test]
        cold = split.cold_items
        pairs = events.loc[np.isin(events[ITEM_ROW], cold), [USER_ROW, ITEM_ROW]].drop_duplicates()
        items = np.searchsorted(cold, pairs[ITEM_ROW].to_numpy())
        drawn = np.random.default_rng([split.spec.seed, DRAW_STREAM]).random(len(pairs))
        order = np.lexsort((drawn, items))
        counts = np.bincount(items, minlength=len(cold))
        place = np.empty(len(pairs), dtype=np.int64)
        place[order] = np.arange(len(pairs)) - np.repeat(np.cumsum(counts) - counts, counts)
        shown = place < np.minimum(most, counts // 2)[items]
        return cls(pairs[USER_ROW].to_numpy(), items, place, shown, (split.dataset.n_users, len(cold)))

    def matrix(self, rows: np.ndarray) -> csr_matrix:
        """Users x held-out items with a 1 for these rows."""
        ones = np.ones(int(rows.sum()), np.float32)
        return csr_matrix((ones, (self.users[rows], self.items[rows])), shape=self.shape)

    def known(self, n: int) -> csr_matrix:
        """What is known at a step."""
        return self.matrix(self.shown & (self.place < n))


def curve(serving: Serving, *, report: Callable[[float], None] | None = None) -> Curve:
    """NDCG@10 among the held-out items, for each way to score them and each number of known rows.

    Raises:
        NotSupported: the run's split holds no items out.
    """
    if not len(serving.split.cold_items):
        raise NotSupported(
            what=_("no {item} was held out whole").format(item=serving.data.words.item),
            where=_("split {spec}").format(spec=serving.split.spec),
            remedy=_("train on the split cold-item"),
        )
    reveal = Reveal.of(serving)
    wanted, hidden = reveal.matrix(~reveal.shown), reveal.matrix(reveal.shown)
    users = np.flatnonzero(np.diff(wanted.indptr))
    makers = _makers(serving, users)
    per_user, rows, distinct = {}, [], None
    for done, (name, make) in enumerate(makers.items(), start=1):
        line = make()
        for known in STEPS:
            lists = top_k(line(reveal.known(known)), K, seen=hidden[users], seed=serving.split.spec.seed)
            values = ndcg(hits_of(lists.items, wanted[users]), K)
            per_user[name, known] = values
            mean = mean_interval(values)
            rows.append((name, known, mean.mean, mean.low, mean.high))
            if name == MODEL and known == 0:
                distinct = len(np.unique(np.sort(lists.items, axis=1), axis=0))
        if report is not None:
            report(done / len(makers))
    table = pd.DataFrame(rows, columns=["line", "known", "ndcg", "low", "high"])
    return Curve(table, per_user, len(users), len(serving.split.cold_items), distinct)


def _makers(serving: Serving, users: IntArray) -> dict[str, Callable[[], Line]]:
    """Every way to score the held-out items that this run and this catalogue allow; made when it is its turn."""
    data, seen = serving.data, serving.seen
    items = data.items.iloc[serving.split.cold_items].reset_index(drop=True)
    makers: dict[str, Callable[[], Line]] = {}
    if serving.scorer.can.new_items:
        makers[MODEL] = lambda: _still(serving.scorer.score_new_items(users, items))
    makers[BY_ATTRIBUTE] = lambda: _still(popularity_by_attribute(data, seen, items).new(users))
    makers[SIMILAR] = lambda: _still(content_neighbours(data, seen, items).new(users))
    makers[COUNT] = lambda: lambda known: np.tile(np.asarray(known.sum(axis=0)).ravel(), (len(users), 1))
    if data.n_items <= MAX_EASE_ITEMS:
        makers[EASE] = lambda: ease_line(seen, users, Ease().settings["l2"])
    if len(serving.split.fit_rows) <= MAX_IALS_ROWS:
        makers[IALS] = lambda: ials_line(Ials().fit(serving.split, seed=0).scorer, users)
    return makers


def _still(scores: FloatArray) -> Line:
    """A line that learns nothing from rows."""
    return lambda known: scores


def ease_line(seen: csr_matrix, users: IntArray, l2: float) -> Line:
    """EASE's column of an item that the others' columns do not know: (X'X + l2 I)^-1 X'y, y who chose it so far."""
    gram = np.asarray((seen.T @ seen).toarray(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += l2
    left = np.linalg.solve(gram, np.asarray(seen[users].T.toarray(), dtype=np.float64)).T  # (n, n_items)
    return lambda known: np.asarray(left @ (seen.T @ known).toarray())


def ials_line(scorer: Scorer, users: IntArray) -> Line:
    """An item's vector by the half step of training, the users' vectors fixed."""
    if not isinstance(scorer, FactorsScorer):
        raise TypeError("iALS serves as factors")
    others = scorer.users.astype(np.float64)

    def scores(known: csr_matrix) -> FloatArray:
        vectors = solve_rows(known.T.tocsr(), others, scorer.unobserved, scorer.l2)
        return np.asarray(others[users] @ vectors.T)

    return scores


def names_of(curve_lines: list[str], model: str) -> dict[str, str]:
    """What each line is called on screen; `model` is the run's own name."""
    return {line: model if line == MODEL else _(NAMES[line]) for line in curve_lines}


def finding(found: Curve, model: str) -> str:
    """What the curve says, in one sentence."""
    own = (MODEL, 0) in found.per_user
    best = max((BY_ATTRIBUTE, SIMILAR), key=lambda line: found.value(line, 0))
    if not own:
        return _("{model} cannot score them; {line}, its fallback, reaches {value:.3f}").format(
            model=model, line=_(NAMES[BY_ATTRIBUTE]), value=found.value(BY_ATTRIBUTE, 0)
        )
    gain, over = found.gain(MODEL, 0, best, 0), found.overtaken
    if gain.low <= 0:
        return _("{model} is not surely better than {line} ({ours:.3f} against {theirs:.3f})").format(
            model=model, line=_(NAMES[best]), ours=found.value(MODEL, 0), theirs=found.value(best, 0)
        )
    if over is None:
        return _(
            "{model} from attributes alone: no model of ids beats it with {n} known interactions"
        ).format(model=model, n=STEPS[-1])
    return _("{model} from attributes alone: {line} needs {n} known interactions to beat it").format(
        model=model, line=_(NAMES[over[0]]), n=over[1]
    )
