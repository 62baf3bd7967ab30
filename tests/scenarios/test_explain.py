from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.models.baselines import Ease, Popularity
from recsys_core.scenarios import explain as module
from recsys_core.scenarios.explain import Explanation, Shared, explain, falls, sentence
from recsys_core.scenarios.lists import Serving, reasons
from recsys_core.scenarios.stand_in import NEIGHBOURS, approximate_fold_in
from recsys_core.serving.item_weights import ItemWeightsScorer
from tests.fitted import fitted, tiny_split

HISTORY, ITEMS = np.array([0, 3, 7, 12]), np.array([5, 20, 21])


def _serving(scorer: object) -> Serving:
    return Serving("run", tiny_split().dataset, tiny_split(), scorer)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ease() -> Serving:
    return _serving(Ease({"l2": 10.0}).fit(tiny_split(), seed=0).scorer)


@pytest.fixture(scope="module")
def by_id() -> Serving:
    return _serving(fitted("embedding_mlp").scorer)


def test_carriers_are_what_lowers_the_score_most_when_left_out(ease: Serving) -> None:
    whole = ease.scorer.fold_in([HISTORY])[0]
    for found, item in zip(explain(ease, HISTORY, ITEMS), ITEMS, strict=True):
        assert found.item == item
        assert not found.approximate
        for row, fall in found.carriers:
            less = ease.scorer.fold_in([HISTORY[row != HISTORY]])[0]
            assert fall == pytest.approx(whole[item] - less[item])
        amounts = [fall for _row, fall in found.carriers]
        assert amounts == sorted(amounts, reverse=True)


def test_reasons_are_the_carriers(ease: Serving) -> None:
    found = [[row for row, _fall in one.carriers] for one in explain(ease, HISTORY, ITEMS)]
    assert reasons(ease, HISTORY, ITEMS) == found
    assert any(found)


def test_a_long_history_is_tried_in_part_with_its_newest_half(
    ease: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CANDIDATES", 6)
    places, drops = falls(ease, np.arange(15), ITEMS)
    assert drops.shape == (6, 3)
    assert np.array_equal(places, np.unique(places))
    assert {12, 13, 14} <= set(places.tolist())


def test_a_model_that_is_not_personal_has_no_carriers() -> None:
    popular = _serving(Popularity().fit(tiny_split(), seed=0).scorer)
    assert [one.carriers for one in explain(popular, HISTORY, ITEMS)] == [()] * 3


def test_shared_values_are_the_items_own_and_counted(ease: Serving) -> None:
    tags = ease.tags
    for one in explain(ease, HISTORY, ITEMS):
        own = {tags.names[at] for at in tags.matrix[[one.item]].indices}
        for shared in one.shared:
            assert (shared.column, shared.value) in own
            assert shared.share > shared.everyone or shared.carriers
    assert np.all((tags.everyone >= 0) & (tags.everyone <= 1))


def test_nearest_are_among_the_liked(ease: Serving) -> None:
    values = np.array([1.0, 5.0, 1.0, 5.0])
    for one in explain(ease, HISTORY, ITEMS, values=values):
        assert {row for row, _cosine in one.nearest} <= {3, 12}


def test_an_empty_history_and_no_items(ease: Serving) -> None:
    nobody = np.zeros(0, dtype=np.int64)
    assert explain(ease, nobody, ITEMS[:1]) == [Explanation(5, (), (), ())]
    assert explain(ease, HISTORY, nobody) == []


def test_an_id_only_model_is_explained_approximately(by_id: Serving) -> None:
    found = explain(by_id, HISTORY, ITEMS)
    assert all(one.approximate for one in found)
    assert all("approximate" in sentence(one, by_id.data) for one in found)


def test_a_stand_in_is_the_weighted_mean_of_the_most_similar_users(by_id: Serving) -> None:
    seen = (by_id.seen.toarray() > 0).astype(float)
    own = np.isin(np.arange(seen.shape[1]), HISTORY).astype(float)
    cosine = seen @ own / np.sqrt(np.maximum(seen.sum(axis=1), 1))
    best = np.argsort(-cosine, kind="stable")[:NEIGHBOURS]
    expected = cosine[best] @ by_id.scorer.score_catalogue(best) / cosine[best].sum()
    scores = approximate_fold_in(by_id, [HISTORY, np.zeros(0, dtype=np.int64)])
    assert np.allclose(scores[0], expected, atol=1e-6)
    assert np.isfinite(scores[1]).all()


def test_sentences_name_what_carries(ease: Serving) -> None:
    items = ease.data.items.assign(title=[f"T{row}" for row in range(ease.data.n_items)])
    data = replace(ease.data, items=items)
    often = Shared("kind", "comedy", 1, 0.5, 0.2)
    user, verb = data.words.user, data.words.verb
    assert verb != "chooses"
    full = Explanation(1, ((2, 0.5), (3, 0.1)), (often,), ((4, 0.9),))
    assert sentence(full, data) == f"because this {user} {verb} T2 and T3, and often {verb} comedy"
    assert sentence(replace(full, shared=()), data) == f"because this {user} {verb} T2 and T3"
    assert "T4" in sentence(replace(full, carriers=()), data)
    assert "comedy" in sentence(replace(full, carriers=(), nearest=()), data)
    assert sentence(Explanation(1, (), (), ()), data) == "nothing in the history carries it"


N_ITEMS = tiny_split().dataset.n_items


def _planted(*, window: int = 0, decay: float = 1.0) -> Serving:
    """W[i, j]: 2 and 3 speak for 30, 2 more; 4 speaks against it; nothing speaks for 31."""
    weights = np.zeros((N_ITEMS, N_ITEMS), dtype=np.float32)
    weights[[2, 3, 4], 30] = 0.5, 0.25, -0.25
    nobody = np.zeros(tiny_split().dataset.n_users + 1, dtype=np.int64)
    return _serving(ItemWeightsScorer(weights, nobody, nobody[:0], decay, window))


def test_carriers_of_an_item_to_item_model_are_its_weights() -> None:
    first, second = explain(_planted(), np.array([4, 3, 5, 2]), np.array([30, 31]))
    assert first.carriers == ((2, 0.5), (3, 0.25))
    assert second.carriers == ()


def test_an_item_that_was_chosen_twice_is_left_out_as_a_whole() -> None:
    history = np.array([2, 3, 2, 3, 2])
    places, drops = falls(_planted(), history, np.array([30]))
    assert places.tolist() == [3, 4]
    assert drops[:, 0].tolist() == [0.25, 0.5]
    (found,) = explain(_planted(), history, np.array([30]))
    assert found.carriers == ((2, 0.5), (3, 0.25))
    assert len({row for row, _cosine in found.nearest}) == len(found.nearest)


def test_a_model_that_reads_the_last_items_is_asked_about_them_in_their_order() -> None:
    history = np.array([2, 7, 8, 3])
    places, drops = falls(_planted(window=2, decay=0.5), history, np.array([30]))
    assert places.tolist() == [2, 3]
    assert drops[:, 0].tolist() == [0.0, 0.25]  # without 3 the window holds 8 and 7
    _places, drops = falls(_planted(decay=0.5), history, np.array([30]))
    # 0.25 + 0.125 * 0.5; without an item after it, 2 counts twice as much
    assert drops[:, 0].tolist() == pytest.approx([0.0625, -0.0625, -0.0625, 0.3125 - 0.125])


class _OfAge(ItemWeightsScorer):
    """Its scores are as many times as high as the person's age says."""

    def fold_in_items(self, histories: Any, values: Any, attributes: Any, items: Any) -> Any:
        scores = super().fold_in_items(histories, values, attributes, items)
        return scores if attributes is None else scores * attributes["age"].to_numpy()[:, None]


def test_attributes_reach_the_model() -> None:
    plain = _planted()
    person = pd.DataFrame({"age": [3.0]})
    scorer = plain.scorer
    assert isinstance(scorer, ItemWeightsScorer)
    history, items = np.array([2, 3, 4]), np.array([30])
    nobody = np.zeros(tiny_split().dataset.n_users + 1, dtype=np.int64)
    aged = _serving(_OfAge(scorer.weights, nobody, nobody[:0], 1.0, 0))
    assert falls(aged, history, items, attributes=person)[1][:, 0].tolist() == [1.5, 0.75, -0.75]
    assert falls(aged, history, items)[1][:, 0].tolist() == [0.5, 0.25, -0.25]


def test_a_real_model_is_told_the_attributes_too() -> None:
    serving = _serving(fitted("two_tower").scorer)
    person = serving.data.users.iloc[[3]]
    whole = serving.scorer.fold_in([HISTORY], None, person)[0]
    less = serving.scorer.fold_in([HISTORY[1:]], None, person)[0]
    _places, drops = falls(serving, HISTORY, ITEMS, attributes=person)
    assert drops[0] == pytest.approx(whole[ITEMS] - less[ITEMS], abs=1e-5)


HISTORIES = st.lists(st.integers(0, N_ITEMS - 1), max_size=12)
SUGGESTED = st.lists(st.integers(0, N_ITEMS - 1), min_size=1, max_size=5, unique=True)


@given(history=HISTORIES, items=SUGGESTED, rotate=st.integers(0, 4))
def test_explanations_belong_to_the_history_and_follow_the_items(
    history: list[int], items: list[int], rotate: int
) -> None:
    serving = _EASE
    found = explain(serving, np.array(history, dtype=np.int64), np.array(items))
    for one in found:
        amounts = [fall for _row, fall in one.carriers]
        assert amounts == sorted(amounts, reverse=True)
        assert all(fall > 0 for fall in amounts)
        named = [row for row, _amount in (*one.carriers, *one.nearest)]
        assert set(named) <= set(history)
        assert len({row for row, _fall in one.carriers}) == len(one.carriers)
    turned = items[rotate:] + items[:rotate]
    again = {one.item: one for one in explain(serving, np.array(history, dtype=np.int64), np.array(turned))}
    for one in found:
        other = again[one.item]
        assert [row for row, _fall in other.carriers] == [row for row, _fall in one.carriers]
        assert other.shared == one.shared


_EASE = _serving(Ease({"l2": 10.0}).fit(tiny_split(), seed=0).scorer)


@given(histories=st.lists(HISTORIES, min_size=1, max_size=4), items=SUGGESTED)
def test_a_stand_in_for_some_items_is_that_for_all(histories: list[list[int]], items: list[int]) -> None:
    serving = _serving(fitted("embedding_mlp").scorer)
    asked = [np.array(one, dtype=np.int64) for one in histories]
    whole = approximate_fold_in(serving, asked)[:, items]
    np.testing.assert_allclose(approximate_fold_in(serving, asked, np.array(items)), whole, atol=1e-5)
