from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.models.baselines import Ease, Popularity
from recsys_core.scenarios import explain as module
from recsys_core.scenarios.explain import Explanation, Shared, explain, falls, sentence
from recsys_core.scenarios.lists import Serving, reasons
from recsys_core.scenarios.stand_in import NEIGHBOURS, approximate_fold_in
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
