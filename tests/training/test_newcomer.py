"""How far a model is trusted: all the way where it knows better, not at all where it does not; and what is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import DataError, ParamError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.strangers import popularity_of
from recsys_core.models.registry import model_class
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import PopularityScorer
from recsys_core.serving.load import load_scorer
from recsys_core.serving.trust import Trust, TrustScorer
from recsys_core.training.newcomer import KNOWN, Newcomer, learned_trust

WORLD = simulate(Kind.RATING, n_users=300, n_items=60, mean_events=14, seed=3)
SPLIT = make_split(WORLD.dataset, SplitSpec("cold-user", 3, 2))
ROWS = np.sort(np.concatenate([SPLIT.test, SPLIT.revealed]))


class Told(Scorer):
    """Answers every history with what `answer` makes of it."""

    form = "told"

    def __init__(self, answer: Any) -> None:
        self.answer, self.can = answer, Capabilities(new_users=True)

    def fold_in(self, histories: Any, values: Any = None, attributes: Any = None) -> np.ndarray:
        return np.stack([self.answer(np.asarray(history)) for history in histories])

    def score_catalogue(self, users: Any) -> np.ndarray:
        raise NotImplementedError

    def write(self, folder: Any) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def read(cls, folder: Any, manifest: Any) -> Scorer:
        raise NotImplementedError


def _oracle(split: Split) -> Told:
    """Knows whose history it is as soon as it sees an item: scores are what that user chose."""
    everything = split.matrix(ROWS).toarray()

    def answer(history: np.ndarray) -> np.ndarray:
        if not len(history):
            return np.zeros(split.dataset.n_items)
        owner = int(np.argmax(everything[:, history].sum(axis=1)))
        return everything[owner]

    return Told(answer)


def test_a_model_that_knows_is_trusted_and_one_that_guesses_is_not() -> None:
    rng = np.random.default_rng(0)
    knows = learned_trust(_oracle(SPLIT), SPLIT, ROWS, 0, first=False)
    guesses = learned_trust(
        Told(lambda history: rng.random(SPLIT.dataset.n_items)), SPLIT, ROWS, 0, first=False
    )
    assert knows.weights[0] == 0.0  # nothing known: it scores all alike
    assert (knows.weights[list(KNOWN).index(3)], knows.gains[list(KNOWN).index(3)]) > (0.0, 0.2)
    assert guesses.weights.max() <= 0.1
    assert (guesses.gains >= 0.0).all()


def test_with_no_trust_the_list_is_popularitys() -> None:
    counts = popularity_of(SPLIT)
    none = Trust(np.array(KNOWN), np.zeros(7), np.zeros(7), np.zeros(7), 10, first=False)
    scorer = TrustScorer(_oracle(SPLIT), counts, SPLIT.matrix(SPLIT.fit_rows), none)
    ours, floor = (
        evaluate(one, SPLIT, k=5) for one in (scorer, PopularityScorer(SPLIT.dataset.n_users, counts))
    )
    np.testing.assert_array_equal(ours.per_user["ndcg@5"], floor.per_user["ndcg@5"])


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7), st.integers(0, 500))
def test_trust_between_what_was_learned_lies_between(weights: list[float], size: int) -> None:
    trust = Trust(np.array(KNOWN), np.array(weights), np.zeros(7), np.zeros(7), 10, first=False)
    found = float(trust.at(np.array([size]))[0])
    place = int(np.searchsorted(KNOWN, size))
    near = weights[max(0, place - 1) : place + 1] if place < len(KNOWN) else weights[-1:]
    assert min(near) - 1e-9 <= found <= max(near) + 1e-9
    if size in KNOWN:
        assert found == pytest.approx(weights[KNOWN.index(size)])


def test_it_is_never_listened_to_where_it_does_not_help() -> None:
    """The share is 0, or its gain is above 0 by more than a standard error."""
    trust = Newcomer({"base": "item_knn"}).fit(SPLIT, seed=0).scorer.trust  # type: ignore[attr-defined]
    measured = np.array([0, 1, 2, 3, 4, 5])  # 20 rows: too few people have more, the share of 10 stands
    listened = np.isin(np.arange(7), measured) & (trust.weights > 0)
    assert listened.any()
    assert trust.weights[6] == trust.weights[5]
    assert (trust.gains[listened] > trust.errors[listened]).all()
    assert (trust.gains[~listened] == 0).all()


@pytest.mark.parametrize(("protocol", "known_by", "first"), [
    ("cold-user", "split", False), ("cold-user-first", "split", True), ("cold-user", "first", True),
    ("cold-user-first", "random", False), ("user-random", "split", False),
])  # fmt: skip
def test_trust_is_learned_from_people_known_as_the_split_knows_them(
    protocol: str, known_by: str, first: bool
) -> None:
    split = make_split(SPLIT.dataset, replace(SplitSpec.parse(protocol, seed=2)))
    told: list[dict[str, Any]] = []
    model = Newcomer({"base": "item_knn", "known_by": known_by}).fit(split, seed=0, report=told.append)
    assert model.scorer.trust.first is first  # type: ignore[attr-defined]
    assert [event["first"] for event in told if event["type"] == "trust"] == [first]


def test_no_row_of_test_decides_the_trust() -> None:
    """Other answers in test, the same trust: what judges is not what teaches."""
    events = SPLIT.dataset.interactions.copy()
    rows = np.concatenate([SPLIT.test, SPLIT.revealed])
    events.loc[events.index[rows], "item"] = np.random.default_rng(1).permutation(events["item"].iloc[rows])
    other = replace(SPLIT, dataset=replace(SPLIT.dataset, interactions=events))
    first, second = (
        Newcomer({"base": "item_knn"}).fit(split, seed=0).scorer.trust  # type: ignore[attr-defined]
        for split in (SPLIT, other)
    )
    np.testing.assert_array_equal(first.weights, second.weights)


def test_a_network_reports_its_rehearsal_apart_from_its_curve_and_keeps_its_model(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    quick = model_class("history_encoder")
    model = Newcomer(base_settings={"epochs": 2, "embedding_size": 8})
    model.fit(SPLIT, seed=0, report=told.append)
    kinds = [event["type"] for event in told]
    assert kinds.index("rehearsal") < kinds.index("trust") < kinds.index("epoch")
    assert isinstance(model.base, quick)
    assert model.trained.best_epoch == model.base.trained.best_epoch
    model.save(tmp_path)
    assert (tmp_path / "model.keras").exists()
    loaded = load_scorer(tmp_path)
    history = [np.array([1, 4])]
    np.testing.assert_allclose(loaded.fold_in(history), model.fold_in(history), atol=1e-5)


def test_a_member_that_was_changed_is_refused(tmp_path: Path) -> None:
    Newcomer({"base": "item_knn"}).fit(SPLIT, seed=0).save(tmp_path)
    manifest = tmp_path / "member0" / "serving.json"
    manifest.write_text(manifest.read_text().replace("item_weights", "popularity"))
    with pytest.raises(DataError, match="missing or was changed"):
        load_scorer(tmp_path)


def test_nobody_to_hold_out_is_said() -> None:
    events = SPLIT.dataset.interactions
    one = np.flatnonzero(events["user"].to_numpy() == 0)
    split = Split(SPLIT.dataset, SplitSpec(), one[2:], one[:0], one[:2])
    with pytest.raises(ParamError, match="too few users"):
        Newcomer({"base": "item_knn"}).fit(split, seed=0)
