"""Re-rankers over candidates: a setting (method, strength, distance) made ready for a catalogue, then lists by array.

Every re-ranker trades (1 - strength) x score against strength x something else; scores are brought to [0, 1] within each
person's candidates. What it picks stands in the order of the model's scores: the strength decides what comes in. Strength
0 gives the candidates' own first k.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import ParamError
from recsys_core.i18n import N_, _
from recsys_core.ranking.coverage import prices as prices_for
from recsys_core.ranking.greedy import Mirror, Term, Unlikeness, Volume, pick
from recsys_core.ranking.likeness import DISTANCES, USUAL
from recsys_core.ranking.top_k import TopK
from recsys_core.types import FloatArray, IntArray

NONE, MMR, DPP, CALIBRATED = "none", "mmr", "dpp", "calibrated"
POPULARITY, COVERAGE, MIX = "popularity", "coverage", "mix"
METHODS: dict[str, tuple[str, str]] = {
    MIX: (
        N_("Mix"),
        N_(
            "Unlike each other by the distance and by who chose both, near the mix that this {user} has, and {items} that "
            "nobody is shown come in where that costs least."
        ),
    ),
    MMR: (
        N_("MMR"),
        N_("Each place goes to the best mix of a high score and being unlike what is already listed."),
    ),
    DPP: (
        N_("DPP"),
        N_(
            "The list as a whole spans as much as it can: near copies cost most (determinantal point process)."
        ),
    ),
    CALIBRATED: (
        N_("Calibrated"),
        N_("The list has the mix that this {user} has: a third of comedies for who watched a third of them."),
    ),
    POPULARITY: (N_("Less popular"), N_("What few {users} chose is preferred to what most of them chose.")),
    COVERAGE: (
        N_("Coverage"),
        N_("{Items} that nobody would be shown are offered to those to whom that costs least."),
    ),
}
"""Name -> title and meaning; marked for translation, with the data set's own nouns."""
MIX_DISTANCE, MIX_TOGETHER, MIX_MIRROR, MIX_COVERAGE = 0.55, 0.1, 0.35, 0.8
"""Shares of the mix's strength: unlikeness by the distance and by who chose both, the person's own mix of kinds; and the
most that showing an item to somebody may cost. Chosen on the validation rows of development splits."""
CELLS_A_BLOCK = 8_000_000
POOL = 200
"""Candidates that a person's list is picked from."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the dial stands.

    Attributes:
        method: a name in METHODS.
        strength: from 0 (as ranked) to 1.
        distance: a name in DISTANCES, or USUAL; what MMR, DPP and the mix take for unlike.
    """

    method: str = MMR
    strength: float = 0.0
    distance: str = USUAL

    def __post_init__(self) -> None:
        """Checks the names and the range; raises ParamError."""
        for given, known, where in (
            (self.method, tuple(METHODS), _("re-ranker")),
            (self.distance, (USUAL, *DISTANCES), _("distance")),
        ):
            if given not in known:
                usable = ", ".join(one for one in known if one)
                raise _refused(repr(given), where, _("use one of: {known}").format(known=usable))
        if not 0.0 <= self.strength <= 1.0:
            raise _refused(str(self.strength), _("strength of the diversity"), _("use a number from 0 to 1"))

    @property
    def pays(self) -> bool:
        """Whether it pays for showing an item to somebody, and so has to know what that costs."""
        return self.method in (COVERAGE, MIX) and self.strength > 0

    @property
    def uses_distance(self) -> bool:
        """Whether the distance makes a difference."""
        return self.method in (MMR, DPP, MIX)


AS_RANKED = Setting()
"""The model's own order."""


def _refused(given: str, where: str, remedy: str) -> ParamError:
    return ParamError(what=_("{given} is not allowed").format(given=given), where=where, remedy=remedy)


@dataclass(frozen=True)
class Catalogue:
    """What re-rankers know of the items; all arrays have a row an item.

    Attributes:
        vectors: unit vectors, by name of the distance.
        together: unit vectors by who chose both.
        kinds: shares of the kinds.
        popularity: how many users chose each.
    """

    vectors: FloatArray
    together: FloatArray
    kinds: FloatArray
    popularity: FloatArray

    @property
    def novelty(self) -> FloatArray:
        """Self-information of each item, from 0 (the one most chosen) to 1 (chosen by one or none): (n_items,)."""
        count = np.maximum(self.popularity, 1.0)
        most = np.log(count.max(initial=1.0))
        return np.asarray(1.0 - np.log(count) / most if most > 0 else np.zeros(len(count)))


@dataclass(frozen=True)
class Reranker:
    """A setting made ready: `lists` re-ranks candidates, of many users at once or of one.

    Attributes:
        bonus: what each item's worth is raised by so that somebody is shown it, (n_items,).
    """

    setting: Setting
    catalogue: Catalogue
    bonus: FloatArray

    def lists(self, pool: TopK, taste: FloatArray, k: int) -> TopK:
        """The lists of k, in the order of the candidates.

        Args:
            pool: candidates, best first, (n, p); -1 for none.
            taste: how each user's choices spread over the kinds, (n, n_kinds).
        """
        k = min(k, pool.items.shape[1])
        if self.setting.strength == 0.0 or not len(pool.items):
            return TopK(pool.items[:, :k], pool.scores[:, :k])
        places = np.sort(_places(self, pool, taste, k), axis=1)
        return TopK(np.take_along_axis(pool.items, places, 1), np.take_along_axis(pool.scores, places, 1))


def ready(setting: Setting, catalogue: Catalogue, prices: FloatArray) -> Reranker:
    """The re-ranker of a setting.

    Args:
        prices: what it costs to show each item to somebody (`prices_of`), (n_items,); read by coverage and the mix.
    """
    strength, bonus = setting.strength, np.zeros(len(prices))
    if setting.method == COVERAGE:
        bonus = np.where(prices <= strength, prices, 0.0)
    if setting.method == MIX:
        bonus = np.where(prices <= MIX_COVERAGE * strength, (1.0 - strength) * np.minimum(prices, 1.0), 0.0)
    return Reranker(setting, catalogue, bonus)


def prices_of(everybody: TopK, k: int, n_items: int) -> FloatArray:
    """What it costs to show each item to somebody, on the scale of `unit_range`; see `coverage.prices`: (n_items,).

    Args:
        everybody: candidates of all users, (n, p).
        k: length of their lists.
    """
    absent, worth = everybody.items < 0, unit_range(everybody.scores)
    worth[absent] = 0.0
    return prices_for(worth, everybody.items, n_items, min(k, everybody.items.shape[1]))


def unit_range(scores: FloatArray) -> FloatArray:
    """Each row brought to [0, 1]; a row of equal scores becomes 1. NaN stays out of the range."""
    low = np.nanmin(scores, axis=1, keepdims=True, initial=np.inf)
    high = np.nanmax(scores, axis=1, keepdims=True, initial=-np.inf)
    span = high - low
    flat = ~(span > 0)
    return np.where(flat, 1.0, (scores - low) / np.where(flat, 1.0, span))


def _places(reranker: Reranker, pool: TopK, taste: FloatArray, k: int) -> IntArray:
    """Picked places (n, k), so many users at a time that a block stays small."""
    know = reranker.catalogue
    width = know.vectors.shape[1] + know.together.shape[1] + know.kinds.shape[1]
    block = max(1, CELLS_A_BLOCK // (pool.items.shape[1] * width))
    parts = []
    for start in range(0, len(pool.items), block):
        some = slice(start, start + block)
        items, scores = pool.items[some], pool.scores[some]
        values, terms = _METHODS[reranker.setting.method](reranker, items, scores, taste[some], k)
        parts.append(pick(values, items < 0, terms, k))
    return np.concatenate(parts)


Made = tuple[FloatArray, list[Term]]


def _relevance(reranker: Reranker, items: IntArray, scores: FloatArray) -> FloatArray:
    return (1.0 - reranker.setting.strength) * np.where(items < 0, 0.0, unit_range(scores))


def _mmr(reranker: Reranker, items: IntArray, scores: FloatArray, taste: FloatArray, k: int) -> Made:
    vectors = _of(reranker.catalogue.vectors, items)
    return _relevance(reranker, items, scores), [Unlikeness(vectors, reranker.setting.strength)]


def _dpp(reranker: Reranker, items: IntArray, scores: FloatArray, taste: FloatArray, k: int) -> Made:
    vectors = _of(reranker.catalogue.vectors, items)
    return _relevance(reranker, items, scores), [Volume(vectors, reranker.setting.strength, k)]


def _calibrated(reranker: Reranker, items: IntArray, scores: FloatArray, taste: FloatArray, k: int) -> Made:
    kinds = _of(reranker.catalogue.kinds, items)
    return _relevance(reranker, items, scores), [Mirror(kinds, taste, reranker.setting.strength)]


def _popularity(reranker: Reranker, items: IntArray, scores: FloatArray, taste: FloatArray, k: int) -> Made:
    novelty = reranker.catalogue.novelty[np.maximum(items, 0)]
    return _relevance(reranker, items, scores) + reranker.setting.strength * novelty, []


def _coverage(reranker: Reranker, items: IntArray, scores: FloatArray, taste: FloatArray, k: int) -> Made:
    worth = np.where(items < 0, 0.0, unit_range(scores))
    return worth + reranker.bonus[np.maximum(items, 0)], []


def _mix(reranker: Reranker, items: IntArray, scores: FloatArray, taste: FloatArray, k: int) -> Made:
    values = _relevance(reranker, items, scores) + reranker.bonus[np.maximum(items, 0)]
    strength, know = reranker.setting.strength, reranker.catalogue
    terms: list[Term] = [
        Unlikeness(_of(know.vectors, items), MIX_DISTANCE * strength),
        Unlikeness(_of(know.together, items), MIX_TOGETHER * strength),
        Mirror(_of(know.kinds, items), taste, MIX_MIRROR * strength),
    ]
    return values, terms


def _of(rows: FloatArray, items: IntArray) -> FloatArray:
    """The items' rows, (n, p, d), in single precision: half the memory that is read for each pick."""
    return np.asarray(rows, dtype=np.float32)[np.maximum(items, 0)]


_METHODS: dict[str, Callable[[Reranker, IntArray, FloatArray, FloatArray, int], Made]] = {
    MIX: _mix,
    MMR: _mmr,
    DPP: _dpp,
    CALIBRATED: _calibrated,
    POPULARITY: _popularity,
    COVERAGE: _coverage,
}
