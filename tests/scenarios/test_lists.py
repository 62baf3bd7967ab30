from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.scaling import MinMaxScaler
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotSupported, ParamError
from recsys_core.models.base import Recommender
from recsys_core.models.baselines import Bias, Ease, Popularity, Random
from recsys_core.ranking.rerank import Setting
from recsys_core.scenarios.lists import (
    Serving,
    changes,
    diversity_of,
    history_list,
    history_of,
    loved,
    picks_lists,
    reasons,
    user_list,
)
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import PopularityScorer
from recsys_core.serving.networks import EmbeddingMlpScorer, OnnxNetwork
from tests.fitted import fitted, tiny_split
from tests.helpers import finished_run
from tests.onnx_graphs import pair_graph

A, B, C, D, E, F = range(6)
ANN, BOB, CEM, DEE = range(4)


def _serving(split: Split, scorer: Scorer) -> Serving:
    return Serving("run", split.dataset, split, scorer)


@pytest.fixture
def tiny(tiny_ratings: Dataset) -> Serving:
    """Everybody likes a best and f least. Held out: ann's c, bob's c, cem's f; ann's b is validation."""
    test, valid = np.array([2, 7, 10]), np.array([1])
    train = np.setdiff1d(np.arange(12), [1, 2, 7, 10])
    split = Split(tiny_ratings, SplitSpec(), train, valid, test)
    return _serving(split, PopularityScorer(4, np.array([6.0, 5, 4, 3, 2, 1])))


@pytest.fixture(scope="module")
def ease() -> Serving:
    return _serving(tiny_split(), Ease({"l2": 10.0}).fit(tiny_split(), seed=0).scorer)


@pytest.fixture
def by_id(tiny: Serving) -> Serving:
    """A rating network, which knows users by their id only."""
    network = OnnxNetwork(pair_graph(np.linspace(0, 1, 24).reshape(4, 6)))
    return replace(tiny, scorer=EmbeddingMlpScorer(network, 4, 6, MinMaxScaler(1.0, 5.0)))


@pytest.fixture
def kept_run(workspace: object) -> tuple[Any, Dataset, np.ndarray]:
    """A random run on the tiny world, kept in the workspace: the run, its data, and its first scores."""
    data = tiny_split().dataset
    keep_dataset(data, actor="test")
    run = finished_run(data, "random", seed=7)
    scorer = Random().fit(make_split(data, SplitSpec()), seed=7).scorer
    return run, data, scorer.score_catalogue(np.arange(5))


def _items(table: pd.DataFrame) -> list[int]:
    return table["item"].tolist()


def test_a_users_list_leaves_out_what_they_had_and_marks_what_was_held_out(tiny: Serving) -> None:
    lists = {user: user_list(tiny, user, k=6) for user in (ANN, BOB, CEM, DEE)}
    assert {user: _items(table) for user, table in lists.items()} == {
        ANN: [C, F], BOB: [C, D, E, F], CEM: [A, C, E, F], DEE: [B, C, D, E, F],
    }  # fmt: skip
    assert {user: table.loc[table["hit"], "item"].tolist() for user, table in lists.items()} == {
        ANN: [C], BOB: [C], CEM: [F], DEE: [],
    }  # fmt: skip


def test_a_list_says_who_each_item_is(tiny: Serving) -> None:
    table = user_list(tiny, BOB, k=2)
    assert table["rank"].tolist() == [1, 2]
    assert table["item_id"].tolist() == ["c", "d"]
    assert table["title"].tolist() == ["Gamma", "Delta"]
    assert table["score"].tolist() == [4.0, 3.0]
    assert table["year"].tolist() == [2003, 2004]


def test_a_list_may_be_drawn_from_some_items_only(tiny: Serving) -> None:
    allowed = np.isin(np.arange(6), [A, D, F])
    assert _items(user_list(tiny, BOB, k=6, allowed=allowed)) == [D, F]
    assert _items(user_list(tiny, BOB, k=6, allowed=np.zeros(6, dtype=bool))) == []
    assert _items(history_list(tiny, np.array([D]), k=6, allowed=allowed)) == [A, F]


@pytest.mark.parametrize("k", [0, 7])
def test_k_outside_the_catalogue_is_refused(tiny: Serving, k: int) -> None:
    with pytest.raises(ParamError, match=f"k is {k}"):
        user_list(tiny, ANN, k=k)


def test_an_attribute_called_like_a_column_of_the_list_does_not_double_it(tiny: Serving) -> None:
    items = tiny.data.items.assign(rank=range(60, 66), score="high", value="dear", hit="no", part="spare")
    renamed = replace(tiny, data=replace(tiny.data, items=items))
    table, history = user_list(renamed, BOB, k=2), history_of(renamed, CEM)
    assert table.columns.is_unique
    assert history.columns.is_unique
    assert table["rank"].tolist() == [1, 2]
    assert table["score"].tolist() == [4.0, 3.0]
    assert history["value"].tolist() == [3.0, 5.0, 4.0]
    assert history["part"].tolist() == ["test", "train", "train"]


def test_the_dial_at_zero_changes_nothing_and_turned_up_makes_lists_more_diverse(ease: Serving) -> None:
    found = []
    for strength in (0.0, 0.5, 1.0):
        tables = [user_list(ease, user, k=8, rerank=Setting(strength=strength)) for user in range(20)]
        assert all(table["item"].is_unique for table in tables)
        found.append(np.mean([diversity_of(ease, table) for table in tables]))
    assert found[0] < found[1] < found[2]
    plain, dialled = user_list(ease, 3, k=8), user_list(ease, 3, k=8, rerank=Setting(strength=0.0))
    pd.testing.assert_frame_equal(plain, dialled)


def test_a_re_ranked_list_leaves_out_what_was_seen_too(ease: Serving) -> None:
    for user in range(20):
        seen = set(ease.seen[[user]].indices.tolist())
        assert not seen & set(_items(user_list(ease, user, k=10, rerank=Setting(strength=0.7))))


def test_diversity_of_a_list_by_hand(tiny: Serving) -> None:
    # c wild, d calm, e odd, f unknown: nothing shared by any pair; a and d are both calm
    assert diversity_of(tiny, user_list(tiny, BOB, k=4)) == pytest.approx(1.0)
    assert diversity_of(tiny, pd.DataFrame({"item": [A, D]})) == pytest.approx(0.0)
    assert diversity_of(tiny, pd.DataFrame({"item": [A, D, C]})) == pytest.approx(2 / 3)


def test_a_history_is_answered_like_a_user_who_has_it(ease: Serving) -> None:
    for user in range(10):
        history = ease.seen[[user]].indices
        expected = user_list(ease, user, k=10).drop(columns="hit")
        found = history_list(ease, history, k=10)
        assert _items(found) == _items(expected)
        np.testing.assert_allclose(found["score"], expected["score"], atol=1e-5)


def test_given_values_shift_the_scores_of_a_model_that_reads_them() -> None:
    serving = _serving(tiny_split(), Bias().fit(tiny_split(), seed=0).scorer)
    history = np.array([0, 1, 2])
    plain = history_list(serving, history, k=5)
    kind = history_list(serving, history, values=np.array([5.0, 5.0, 5.0]), k=5)
    assert _items(kind) == _items(plain)
    assert (kind["score"] - plain["score"]).min() > 0.2


def test_a_model_that_knows_users_by_id_refuses_a_history_and_serves_its_users(by_id: Serving) -> None:
    with pytest.raises(NotSupported, match="by their id only"):
        history_list(by_id, np.array([A]), k=3)
    with pytest.raises(NotSupported, match="by their id only"):
        picks_lists(by_id, np.array([A]), k=3)
    assert _items(user_list(by_id, BOB, k=3)) == [F, E, D]
    assert reasons(by_id, np.array([A, B]), np.array([C])) == [[]]


def test_each_pick_gives_a_new_list_without_what_was_picked(ease: Serving) -> None:
    picks = np.array([4, 11, 23])
    tables = picks_lists(ease, picks, k=10)
    assert len(tables) == 4
    for n, table in enumerate(tables):
        assert not set(picks[:n].tolist()) & set(_items(table))
        if n:
            assert _items(table) == _items(history_list(ease, picks[:n], k=10))
    assert len({tuple(_items(table)) for table in tables}) == 4


def test_a_pick_is_loved_by_a_model_that_reads_values() -> None:
    predicting, picks = _serving(tiny_split(), fitted("mf").scorer), np.array([4, 11])
    best = predicting.data.value_range[1]
    expected = history_list(predicting, picks, values=np.full(2, best), k=10)
    assert _items(picks_lists(predicting, picks, k=10)[-1]) == _items(expected)
    assert loved(tiny_split(Kind.IMPLICIT).dataset, 3).tolist() == [1.0, 1.0, 1.0]


def test_changes_say_how_far_an_item_moved_since_the_list_before(ease: Serving) -> None:
    tables = picks_lists(ease, np.array([4, 11]), k=10)
    assert tables[0]["change"].tolist() == [0] * 10
    for before, after in itertools.pairwise(tables):
        places = {item: place for place, item in enumerate(_items(before))}
        for place, (item, moved) in enumerate(zip(_items(after), after["change"], strict=True)):
            if item in places:
                assert moved == places[item] - place
            else:
                assert pd.isna(moved)


def test_changes_by_hand() -> None:
    def ranked(items: str) -> pd.DataFrame:
        return pd.DataFrame({"item": list(items), "rank": range(1, len(items) + 1)})

    assert changes(ranked("abc"), ranked("cad")) == [2, -1, None]
    assert changes(None, ranked("ab")) == [0, 0]
    assert changes(ranked("ab"), ranked("ab")) == [0, 0]


def _naive_reasons(scorer: Scorer, history: np.ndarray, item: int) -> list[int]:
    """The two picks without which the item's score falls most, one question to the model for each."""
    whole = scorer.fold_in([history])[0, item]
    falls = {
        int(pick): whole - scorer.fold_in([np.array([one for one in history if one != pick])])[0, item]
        for pick in history
    }
    carrying = sorted((pick for pick in falls if falls[pick] > 0), key=lambda pick: -falls[pick])
    return carrying[:2]


def test_reasons_are_the_picks_whose_absence_costs_an_item_most(ease: Serving) -> None:
    history = np.array([2, 9, 14, 30, 33])
    items = np.array(_items(history_list(ease, history, k=10)))
    found = reasons(ease, history, items)
    assert found == [_naive_reasons(ease.scorer, history, int(item)) for item in items]
    assert any(found)


def test_an_item_that_nothing_carries_has_no_reason(ease: Serving) -> None:
    weights = np.zeros((40, 40), dtype=np.float32)
    weights[3, 20], weights[5, 20], weights[5, 21] = 0.5, 0.2, -0.4
    planted = replace(ease, scorer=type(ease.scorer)(weights, ease.seen))  # type: ignore[call-arg]
    assert reasons(planted, np.array([3, 5, 7]), np.array([20, 21, 22])) == [[3, 5], [], []]


@pytest.mark.parametrize("model", [Popularity, Random])
def test_a_model_that_asks_no_history_gives_no_reason(model: type[Recommender]) -> None:
    serving = _serving(tiny_split(), model().fit(tiny_split(), seed=0).scorer)
    assert reasons(serving, np.array([1, 2, 3]), np.array([4, 5])) == [[], []]


def test_a_single_pick_needs_no_reason(ease: Serving) -> None:
    assert reasons(ease, np.array([4]), np.array([1, 2, 3])) == [[], [], []]
    assert reasons(ease, np.array([], dtype=np.int64), np.array([1])) == [[]]


def test_a_history_is_told_newest_first_with_its_parts(tiny: Serving) -> None:
    table = history_of(tiny, ANN)
    # d and e share the newest second: they stay in the order of the file
    assert table["item_id"].tolist() == ["d", "e", "c", "b", "a"]
    assert table["value"].tolist() == [1, 2, 4, 3, 5]
    assert table["part"].tolist() == ["train", "train", "test", "train", "train"]
    assert table["timestamp"].is_monotonic_decreasing


def test_without_time_a_history_stays_in_the_order_of_the_file(tiny: Serving) -> None:
    timeless = replace(tiny.data, interactions=tiny.data.interactions.drop(columns="timestamp"))
    assert history_of(replace(tiny, data=timeless), CEM)["item_id"].tolist() == ["b", "d", "f"]


def test_a_list_is_the_same_each_time_ties_included(tiny: Serving) -> None:
    tied = replace(tiny, scorer=PopularityScorer(4, np.zeros(6)))
    first, again = (user_list(tied, DEE, k=5) for _time in range(2))
    pd.testing.assert_frame_equal(first, again)
    orders: set[Any] = set()
    for seed in range(5):
        split = replace(tied.split, spec=replace(tied.split.spec, seed=seed))
        orders.add(tuple(_items(user_list(replace(tied, split=split), DEE, k=5))))
    assert len(orders) > 1


def test_a_finished_run_opens_with_everything_a_list_needs(kept_run: Any) -> None:
    run, data, scores = kept_run
    serving = Serving.open(run)
    assert serving.run_id == run.id
    assert serving.data.fingerprint == data.fingerprint
    np.testing.assert_array_equal(serving.scorer.score_catalogue(np.arange(5)), scores)
    assert serving.held_out.nnz == len(serving.split.test)
