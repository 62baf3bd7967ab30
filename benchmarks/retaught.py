"""Are reasons causes? Models taught again without what a reason names, on MovieLens 100K.

Development rows, 50 users drawn by lot, each with the first item of their list. A reason holds when teaching without
the item that it names lowers the suggestion more than teaching without the most similar other item of the history:
by the cosine of who chose them, the hardest rival that needs no model; by attributes, beside. An item drawn from the
history by lot goes through the same test.

How it is taught again: `ease` exactly and alone, by a rank-two update of its inverse (checked against a new fit).
`ials` and `history_encoder` from nothing, with the same seed, one row taken from each of several users at a time, as
their rows are few among 80,000; how often the verdict is that of a user alone is counted with `ease`. The score is
the model's own; of the network, whose scores are logarithms up to a constant and whose training has noise of its own,
the log-probability among the items not yet chosen, the mean over three seeds.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.special import log_softmax

from benchmarks.contest import KEPT
from benchmarks.cuts import Cut
from benchmarks.lists import DATA, PROTOCOL
from benchmarks.tables import share
from recsys_core.columns import ITEM_ROW, USER_ROW
from recsys_core.data.splits import Split
from recsys_core.models.registry import model_class
from recsys_core.scenarios.explain import explain
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.serving.base import Scorer
from recsys_core.types import FloatArray, IntArray

N_USERS, SEED = 50, 42
L2 = 500.0
EPOCHS = 30
"""Of the network: about what validation rows choose; fixed, so that all of its trainings differ by their rows alone."""


@dataclass(frozen=True)
class Plan:
    """How a model is taught: its settings, how many users lose a row at a time, how often."""

    settings: dict[str, Any]
    group: int = N_USERS
    seeds: tuple[int, ...] = (SEED,)
    log_probability: bool = False


PLANS = {
    "ease": Plan({"l2": L2}),
    "ials": Plan({}, group=5),
    "history_encoder": Plan({"epochs": EPOCHS}, seeds=(SEED, SEED + 1, SEED + 2), log_probability=True),
}


@dataclass(frozen=True)
class Case:
    """A user, the item suggested, what is left out in turn (-1: nothing is named)."""

    user: int
    item: int
    named: int
    rival: int
    rival_by_attributes: int
    drawn: int
    rival_of_drawn: int


LEFT_OUT = ("named", "rival", "rival_by_attributes", "drawn", "rival_of_drawn")


def causes(model: str) -> dict[str, Any]:
    """One model's shares of users whose reason holds, with intervals."""
    plan, split = PLANS[model], taught_split()
    serving = Serving(model, split.dataset, split, _taught(model, split, SEED))
    cases = cases_of(serving)
    kept = [case for case in cases if case.named >= 0]
    after = {what: _after(model, split, kept, what, plan) for what in LEFT_OUT}
    found: dict[str, Any] = {"users": len(cases), "seeds": len(plan.seeds)}
    if model == "ease":
        alone = {what: _ease_alone(serving, kept, what) for what in LEFT_OUT}
        found["check"] = float(np.abs(_one_fitted(serving, kept[0]) - alone["named"][0]))
        found["agree"] = float(
            np.mean((alone["named"] < alone["rival"]) == (after["named"] < after["rival"]))
        )
        after = alone
    nothing = len(cases) - len(kept)
    pairs = {"named": "rival", "drawn": "rival_of_drawn", "by_attributes": "rival_by_attributes"}
    for what, rival in pairs.items():
        ours = after["named" if what == "by_attributes" else what]
        found[what] = share([*(ours < after[rival]), *[False] * (nothing if what != "drawn" else 0)])
    return found


def taught_split() -> Split:
    """Development rows, all taught: nothing is chosen on validation rows here."""
    split = Cut(DATA, PROTOCOL, SEED, development=True).split()
    return replace(split, train=split.fit_rows, valid=np.empty(0, dtype=np.int64))


def cases_of(serving: Serving) -> list[Case]:
    """Fifty users by lot, with the first item of their list and its first reason."""
    rng = np.random.default_rng(SEED)
    users = rng.permutation(np.flatnonzero(serving.seen.getnnz(axis=1) >= 3))[:N_USERS]
    together = (serving.seen.T @ serving.seen).toarray()
    size = np.sqrt(np.maximum(together.diagonal(), 1.0))
    cosines, vectors = together / size / size[:, None], serving.likeness[0]
    cases = []
    for user in users:
        history = serving.history(int(user))
        item = int(user_list(serving, int(user), k=1)[ITEM_ROW].iloc[0])
        found = explain(serving, history, np.array([item]))[0].carriers
        named, drawn = found[0][0] if found else -1, int(rng.choice(history))
        rivals = [
            _most_alike(history, alike, reason)
            for alike, reason in (
                (cosines[item], named),
                (vectors @ vectors[item], named),
                (cosines[item], drawn),
            )
        ]
        cases.append(Case(int(user), item, named, rivals[0], rivals[1], drawn, rivals[2]))
    return cases


def _most_alike(history: IntArray, alike: FloatArray, reason: int) -> int:
    others = history[history != reason]
    return int(others[np.argmax(alike[others])])


def _taught(model: str, split: Split, seed: int) -> Scorer:
    return model_class(model)(PLANS[model].settings).fit(split, seed=seed).scorer


def _after(model: str, split: Split, cases: Sequence[Case], what: str, plan: Plan) -> FloatArray:
    """Score of each case's item by models taught without one of its rows: (n_cases,), mean over the seeds."""
    scores = np.zeros((len(plan.seeds), len(cases)))
    for place, seed in enumerate(plan.seeds):
        for start in range(0, len(cases), plan.group):
            some = cases[start : start + plan.group]
            scores[place, start : start + plan.group] = _kept_scores(model, split, some, what, seed)
    return np.asarray(scores.mean(axis=0))


def _kept_scores(model: str, split: Split, cases: Sequence[Case], what: str, seed: int) -> FloatArray:
    """The scores of one training; kept, so that a measurement that was cut off goes on."""
    code = zlib.crc32(repr([PLANS[model], [asdict(case) for case in cases]]).encode())
    path = KEPT / "reasons" / f"{model}.{what}.{seed}.{code:08x}.npy"
    if path.exists():
        return np.asarray(np.load(path, allow_pickle=False))
    print(f"  {model} without {what}, {len(cases)} users, seed {seed}", flush=True)
    scorer = _taught(model, without(split, [(case.user, getattr(case, what)) for case in cases]), seed)
    histories = _ordered_less(split, cases, what)
    table = np.asarray(scorer.fold_in(histories), dtype=np.float64)
    if PLANS[model].log_probability:
        for row, case in enumerate(cases):
            table[row, np.setdiff1d(split.ordered(split.fit_rows).of(case.user), [case.item])] = -np.inf
        table = log_softmax(table, axis=1)
    scores = table[np.arange(len(cases)), [case.item for case in cases]]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, scores)
    return np.asarray(scores)


def _ordered_less(split: Split, cases: Sequence[Case], what: str) -> list[IntArray]:
    known = split.ordered(split.fit_rows)
    histories = [known.of(case.user) for case in cases]
    return [own[own != getattr(case, what)] for own, case in zip(histories, cases, strict=True)]


def without(split: Split, pairs: Sequence[tuple[int, int]]) -> Split:
    """The split without the training rows of these (user, item)."""
    events, n_items = split.dataset.interactions, split.dataset.n_items
    codes = events[USER_ROW].to_numpy().astype(np.int64) * n_items + events[ITEM_ROW].to_numpy()
    gone = np.isin(codes[split.train], [user * n_items + item for user, item in pairs])
    return replace(split, train=split.train[~gone])


def _ease_alone(serving: Serving, cases: Sequence[Case], what: str) -> FloatArray:
    gram = (serving.seen.T @ serving.seen).toarray().astype(np.float64)
    inverse = np.linalg.inv(gram + L2 * np.eye(len(gram)))
    return np.array(
        [without_row(inverse, serving.history(case.user), getattr(case, what), case.item) for case in cases]
    )


def without_row(inverse: FloatArray, history: IntArray, gone: int, item: int) -> float:
    """Score of an item by EASE taught without one row of this history, whose inverse Gram (n, n) is given.

    Taking a choice away changes X'X by a matrix of rank two (Woodbury).
    """
    own = np.zeros(len(inverse))
    own[history] = 1.0
    one = np.zeros(len(inverse))
    one[gone] = 1.0
    sides = np.column_stack([own, one])
    middle = np.array([[0.0, 1.0], [1.0, -1.0]])  # own own' - (own - one)(own - one)'
    moved = inverse @ sides
    core = np.linalg.inv(np.linalg.inv(middle) - sides.T @ moved)
    column = inverse[:, item] + moved @ (core @ moved[item])
    rest = history[history != gone]
    return float(-column[rest].sum() / column[item])


def _one_fitted(serving: Serving, case: Case) -> float:
    scorer = _taught("ease", without(serving.split, [(case.user, case.named)]), 0)
    history = serving.history(case.user)
    return float(scorer.fold_in([history[history != case.named]])[0, case.item])
