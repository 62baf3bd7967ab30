"""Judging strangers: held-out users are folded in by what they revealed, held-out items are ranked among themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.asking import asking, pair_scores
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.registry import model_class
from recsys_core.serving.base import Capabilities, Scorer
from tests.fitted import fitted

ROWS = {"a": "xyzv", "b": "xyw", "c": "yzw", "d": "xw", "e": "zvw"}


@pytest.fixture(scope="module")
def data() -> Dataset:
    pairs = [(user, item) for user, items in ROWS.items() for item in items]
    events = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    events["value"] = [1.0 + (3 * row) % 5 for row in range(len(events))]
    return make_dataset("t", Kind.RATING, events)


def _cold(data: Dataset) -> tuple[Split, Scorer]:
    split = make_split(data, SplitSpec("cold-user", 1, 3))
    return split, model_class("ease")().fit(split, seed=0).scorer


def test_a_held_out_user_is_folded_in_and_a_known_one_asked_by_row(data: Dataset) -> None:
    split, scorer = _cold(data)
    ask = asking(scorer, split)
    strangers = np.unique(split.triples(split.test)[0])
    known = np.setdiff1d(np.arange(data.n_users), strangers)
    shown = split.ordered(split.revealed)
    np.testing.assert_allclose(ask(strangers), scorer.fold_in([shown.of(user) for user in strangers]))
    np.testing.assert_allclose(ask(known), scorer.score_catalogue(known))
    mixed = np.array([known[0], strangers[0], known[1]])
    np.testing.assert_allclose(ask(mixed), np.stack([ask(np.array([user]))[0] for user in mixed]))


def test_only_strangers_are_judged_and_what_they_revealed_is_not_offered(data: Dataset) -> None:
    split, scorer = _cold(data)
    found = evaluate(scorer, split, k=2)
    strangers = set(split.triples(split.test)[0].tolist())
    assert set(found.per_user["user"]) == strangers == set(found.candidates["user"])
    shown = set(zip(*(part.tolist() for part in split.triples(split.revealed)[:2]), strict=True))
    assert not shown & set(zip(found.candidates["user"], found.candidates["item"], strict=True))


def test_a_model_of_ids_cannot_be_judged_on_strangers(data: Dataset) -> None:
    split = make_split(data, SplitSpec("cold-user", 1, 3))
    with pytest.raises(NotSupported, match="cannot serve a new one"):
        evaluate(fitted("embedding_mlp").scorer, split, k=2)


def test_a_predicted_value_of_a_stranger_reads_what_they_revealed(data: Dataset) -> None:
    split = make_split(data, SplitSpec("cold-user", 2, 3))
    scorer = model_class("bias")().fit(split, seed=0).scorer
    users, items, _values = split.triples(split.test)
    shown = split.ordered(split.revealed)
    for user, item, score in zip(users, items, pair_scores(scorer, split, users, items), strict=True):
        own = slice(shown.indptr[user], shown.indptr[user + 1])
        expected = scorer.fold_in([shown.items[own]], [shown.values[own]])[0, item]
        assert score == pytest.approx(np.clip(expected, 1.0, 5.0))


class _Backwards(Scorer):
    """Likes the last item of the catalogue most, whoever asks."""

    form = "backwards"
    can = Capabilities()

    def __init__(self, n_items: int) -> None:
        self.n_items = n_items

    def score_catalogue(self, users: np.ndarray) -> np.ndarray:
        return np.tile(np.arange(self.n_items, dtype=float), (len(users), 1))

    def write(self, folder: object) -> dict[str, object]:
        raise NotImplementedError

    read = write  # type: ignore[assignment]


def test_cold_items_are_ranked_among_themselves_and_warm_ones_in_the_whole_catalogue() -> None:
    events = pd.DataFrame(
        [(user, item) for user in "abc" for item in "pqrst"], columns=["user_id", "item_id"]
    ).assign(value=1.0)
    data = make_dataset("t", Kind.IMPLICIT, events)
    rows = {(u, i): at for at, (u, i) in enumerate(zip(events["user_id"], events["item_id"], strict=True))}
    cold = [rows[user, item] for user in "abc" for item in "pq"]  # held out whole
    warm = [rows["a", "r"], rows["b", "t"]]
    rest = np.setdiff1d(np.arange(len(rows)), cold + warm)
    split = Split(data, SplitSpec("cold-item", 0.4), rest, np.empty(0, np.int64), np.sort(cold + warm))
    assert split.cold_items.tolist() == [0, 1]
    found = evaluate(_Backwards(data.n_items), split, k=1)  # type: ignore[abstract]
    assert set(found.candidates["item"]) == {0, 1}
    assert found.metrics["precision@1"] == 1.0  # q before p, both relevant
    # in the whole catalogue: a sees r, the best that is left; b sees t; c has no warm row in test
    by_user = found.per_user.set_index("user")["ndcg_warm@1"]
    assert by_user[0] == 1.0 and by_user[1] == 1.0 and np.isnan(by_user[2])
    assert found.metrics["ndcg_warm@1"] == 1.0
