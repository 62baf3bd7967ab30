"""Which items to ask a new person about, so that few answers tell most.

An answer is yes (True) or not: no (False) and unknown (None) both say that the item is no choice of theirs. The list
that follows is the model's, folded in from the yes answers; how much each way of asking is worth is measured in
`benchmarks/elicitation.py`.
References: Rashid et al., Getting to know you, IUI 2002; Golbandi, Koren & Lempel, Adaptive bootstrapping of
recommender systems using decision trees, WSDM 2011 (a question is worth what it does to the quality of the lists of
the people it is answered by).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import entropy

from recsys_core.columns import ITEM_ROW, VALUE, Kind
from recsys_core.errors import ParamError
from recsys_core.i18n import N_, _
from recsys_core.ranking.rerank import unit_range
from recsys_core.ranking.top_k import top_k
from recsys_core.scenarios.stand_in import approximate_fold_in
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

Answers = Mapping[int, "bool | None"]

GAIN, VARIED, INFORMATIVE, POPULAR = "gain", "varied", "informative", "popular"
STRATEGIES = {
    GAIN: N_("what would improve the lists of people with such answers most"),
    VARIED: N_("what the list so far suggests, spread over tastes"),
    INFORMATIVE: N_("what many know and opinions differ on"),
    POPULAR: N_("what most people chose"),
}
DEFAULT = GAIN

K = 10
POOL = 30
"""Items weighed as the next question: those that people with such answers most likely chose."""
PANEL = 2_000
"""Training users who stand for the person: enough to tell tastes apart, few enough to answer at once."""
REACH = 2_000
"""Items that may enter a list while a question is weighed; the whole of a small catalogue."""
ALIKE, HIDDEN, CERTAIN = 0.8, 0.5, 1e-3
"""How far a person chooses as the user who stands for them; how much a missing yes speaks against; chances stay
this far from 0 and 1. Chosen on one rotation of users (`benchmarks/elicitation.py`)."""
SPREAD = 0.5


def next_questions(serving: Serving, answers: Answers, *, strategy: str = DEFAULT, n: int = 1) -> IntArray:
    """The rows of the items to ask next, the best first; fewer than n where the catalogue ends.

    Args:
        answers: by item row, in the order given: liked (True), not liked (False), unknown (None).
        strategy: one of STRATEGIES.
        n: how many; with one at a time every answer counts for the next question.
    Raises:
        ParamError: an unknown strategy, or an item that is not in the catalogue.
    """
    if strategy not in STRATEGIES:
        raise ParamError(
            what=_("{given} is no way of asking").format(given=repr(strategy)),
            where=_("questions"),
            remedy=_("use one of: {known}").format(known=", ".join(STRATEGIES)),
        )
    asked = np.array(list(answers), dtype=np.int64)
    if len(asked) and (asked.min() < 0 or asked.max() >= serving.data.n_items):
        raise ParamError(
            what=_("an answer is about an item that is not in the catalogue"),
            where=_("questions"),
            remedy=_("give rows of this data set's items"),
        )
    worth = _WORTH[strategy](serving, answers)
    worth[asked] = -np.inf
    n = min(n, serving.data.n_items - len(asked))
    return np.argsort(-worth, kind="stable")[:n]


def liked(answers: Answers) -> IntArray:
    """The rows of the items that were answered with yes, in the order given."""
    return np.array([item for item, answer in answers.items() if answer], dtype=np.int64)


def _popular(serving: Serving, answers: Answers) -> FloatArray:
    """How many users chose each item."""
    return serving.seen.getnnz(axis=0).astype(np.float64)


def _informative(serving: Serving, answers: Answers) -> FloatArray:
    """Rashid's log(popularity) * entropy of the ratings; where there are none the entropy of chosen or not."""
    counts = _popular(serving, answers)
    if serving.data.kind is not Kind.RATING:
        share = counts / serving.seen.shape[0]
        return np.asarray(entropy([share, 1.0 - share]))
    known = serving.data.interactions.iloc[serving.split.fit_rows]
    values, codes = np.unique(known[VALUE].to_numpy(), return_inverse=True)
    cells = known[ITEM_ROW].to_numpy() * len(values) + codes
    table = np.bincount(cells, minlength=serving.data.n_items * len(values)).reshape(-1, len(values))
    spread = np.nan_to_num(entropy(table, axis=1))
    return np.log1p(counts) * np.asarray(spread)


def _varied(serving: Serving, answers: Answers) -> FloatArray:
    """The model's score, in [0, 1], less the mean likeness to what was asked already."""
    scores = unit_range(_scores(serving, [liked(answers)], np.arange(serving.data.n_items)))[0]
    if not answers:
        return np.asarray(scores)
    vectors, _name = serving.likeness
    alike = vectors @ vectors[list(answers)].mean(axis=0)
    return np.asarray((1.0 - SPREAD) * scores - SPREAD * alike)


def _scores(serving: Serving, histories: list[IntArray], items: IntArray) -> FloatArray:
    serving = serving.explaining  # a re-ranked list jumps as answers come in; what it is made of does not
    if not serving.scorer.can.new_users:
        return approximate_fold_in(serving, histories, items)
    if len(items) == serving.data.n_items:
        return serving.scorer.fold_in(histories)
    return serving.scorer.fold_in_items(histories, None, None, items)


@dataclass(frozen=True)
class Panel:
    """Training users who stand for the person.

    Attributes:
        users: their rows, (p,).
        weights: how well each fits the answers, (p,), summing to 1.
        chances: that a person with such answers chose the item, (n_items,).
    """

    users: IntArray
    weights: FloatArray
    chances: FloatArray


def panel_of(serving: Serving, answers: Answers) -> Panel:
    """Users weighed by the answers: a yes is likelier of somebody who resembles a user that chose the item.

    Somebody like user u chose item i with the chance ALIKE [u chose i] + (1 - ALIKE) share of i.
    """
    users = np.flatnonzero(serving.seen.getnnz(axis=1) > 1)
    users = users[np.unique(np.linspace(0, len(users) - 1, min(PANEL, len(users))).astype(np.int64))]
    logs = np.zeros(len(users))
    if answers:
        chose = _chose(serving, np.array(list(answers)), users)  # (n_answers, p)
        share = serving.chosen_by.getnnz(axis=1)[list(answers)] / max(1, len(users), serving.seen.shape[0])
        chance = np.clip(ALIKE * chose + (1.0 - ALIKE) * share[:, None], CERTAIN, 1.0 - CERTAIN)
        yes = np.array([bool(answer) for answer in answers.values()])
        logs = np.where(yes[:, None], np.log(chance), np.log1p(-HIDDEN * chance)).sum(axis=0)
    weights = np.exp(logs - logs.max()) if len(users) else logs
    weights /= max(weights.sum(), CERTAIN)
    of_all = np.zeros(serving.seen.shape[0])
    of_all[users] = weights
    return Panel(users, weights, np.asarray(serving.chosen_by @ of_all))


def _chose(serving: Serving, items: IntArray, users: IntArray) -> FloatArray:
    """1 where a user chose an item, (n_items, n_users) of those given."""
    rows = serving.chosen_by[items]
    if rows.shape[1] > 2 * len(users):
        return np.asarray(rows[:, users].toarray())
    return np.asarray(rows.toarray()[:, users])  # slicing sparse columns costs more than the few not wanted


def _gain(serving: Serving, answers: Answers) -> FloatArray:
    """Expected rise of NDCG@10 by a yes, over the users who fit the answers; items outside the pool follow by chance.

    sum_u weight_u [u chose c] (NDCG_u of the list after a yes to c - NDCG_u of the list without c): an answer 'no'
    leaves the list as it is.
    """
    panel, yes = panel_of(serving, answers), liked(answers)
    chances = panel.chances.copy()
    chances[list(answers)] = -np.inf
    pool = np.argsort(-chances, kind="stable")[: min(POOL, len(chances) - len(answers))]
    worth = chances - 2.0 - K  # below every gain, in the order of the chance
    if len(pool) and len(panel.users):
        worth[pool] = _gains(serving, panel, yes, pool)
    return np.asarray(worth)


def _gains(serving: Serving, panel: Panel, yes: IntArray, pool: IntArray) -> FloatArray:
    """The expected rise for each item of the pool, (len(pool),)."""
    before, after = _lists(serving, panel, yes, pool)
    shown, places = np.unique(np.concatenate([before.ravel(), after.ravel(), pool]), return_inverse=True)
    chose = _chose(serving, shown, panel.users)  # (n_shown, p)
    discount = 1.0 / np.log2(np.arange(2, before.shape[1] + 2))
    size = before.size
    change = np.zeros((len(pool), len(panel.users)))
    for rank, gain in enumerate(discount):
        now, then = (
            places[part].reshape(before.shape)[:, rank] for part in (slice(size), slice(size, 2 * size))
        )
        change += gain * (chose[then] - chose[now])
    relevant = np.minimum(np.maximum(serving.seen.getnnz(axis=1)[panel.users] - 1, 1), len(discount))
    worth = panel.weights / np.cumsum(discount)[relevant - 1]
    return np.asarray((chose[places[2 * size :]] * change) @ worth)


def _lists(serving: Serving, panel: Panel, yes: IntArray, pool: IntArray) -> tuple[IntArray, IntArray]:
    """For each item of the pool, the list without it as it is now, and after a yes to it: (n_pool, k) each."""
    n_items = serving.data.n_items
    reach = np.arange(n_items)
    if n_items > REACH:
        reach = np.union1d(np.argsort(-panel.chances, kind="stable")[:REACH], pool)
    histories = [yes, *(np.append(yes, item) for item in pool)]
    scores = _scores(serving, histories, reach)
    inside = histories
    if n_items > REACH:
        inside = [np.searchsorted(reach, one[np.isin(one, reach)]) for one in histories]
    k = min(K, len(reach) - len(yes) - 1)
    found = top_k(scores, k + 1, seen=histories_to_csr(inside, len(reach)), seed=serving.split.spec.seed)
    lists = reach[found.items]
    now = np.broadcast_to(lists[0], (len(pool), k + 1))
    without = np.argsort(now == pool[:, None], axis=1, kind="stable")[:, :k]
    return np.take_along_axis(now, without, axis=1), lists[1:, :k]


_WORTH: dict[str, Callable[[Serving, Answers], FloatArray]] = {
    GAIN: _gain,
    VARIED: _varied,
    INFORMATIVE: _informative,
    POPULAR: _popular,
}
