from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import World
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.models.ials import Ials
from recsys_core.ranking.kinds import kinds_of
from recsys_core.ranking.likeness import item_vectors, model_vectors, probes, together_vectors


def _plain(world: World) -> Dataset:
    """The data without anything that groups the items."""
    return replace(world.dataset, items=world.dataset.items[["item_id", "title"]], list_columns=())


def test_likeness_comes_from_the_attribute_that_groups_items(tiny_ratings: Dataset) -> None:
    seen = make_split(tiny_ratings, SplitSpec()).matrix(np.arange(12))
    vectors, name = item_vectors(tiny_ratings, seen)
    assert name == "genres"
    # calm; calm and wild; wild; calm; odd; nothing known
    likeness = vectors @ vectors.T
    half = np.sqrt(0.5)
    np.testing.assert_allclose(likeness[0], [1, half, 0, 1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(likeness[5], 0, atol=1e-12)


def test_without_an_attribute_items_chosen_by_the_same_users_are_alike(small_world: World) -> None:
    plain = _plain(small_world)
    seen = np.zeros((plain.n_users, plain.n_items))
    seen[:60, :5] = 1  # one crowd chose the first items,
    seen[60:, 5:10] = 1  # another the next
    vectors, name = item_vectors(plain, csr_matrix(seen))
    likeness = vectors @ vectors.T
    assert name == ""
    np.testing.assert_allclose(likeness[:5, :5], 1, atol=1e-6)
    np.testing.assert_allclose(likeness[:5, 5:10], 0, atol=1e-6)


def test_items_that_nobody_chose_are_like_nothing() -> None:
    seen = np.zeros((6, 5))
    seen[:3, :2] = seen[3:, 2:4] = 1
    vectors = together_vectors(csr_matrix(seen))
    np.testing.assert_array_equal(vectors[4], 0)
    np.testing.assert_allclose(np.linalg.norm(vectors[:4], axis=1), 1)


def test_the_models_likeness_is_that_of_its_item_factors() -> None:
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(2000, 4)), rng.normal(size=(30, 4))
    vectors = model_vectors(users @ items.T)
    middle = items - items.mean(axis=0)
    unit = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    assert np.corrcoef((vectors @ vectors.T).ravel(), (unit @ unit.T).ravel())[0, 1] > 0.97


def test_a_model_that_scores_alike_for_all_knows_no_likeness() -> None:
    assert not model_vectors(np.tile(np.arange(5.0), (8, 1))).any()
    assert not model_vectors(np.full((3, 4), np.nan)).any()


def test_a_trained_model_finds_items_of_one_cluster_alike(small_world: World) -> None:
    split = make_split(small_world.dataset, SplitSpec())
    scorer = Ials({"embedding_size": 8}).fit(split, seed=0).scorer
    asked = probes(small_world.dataset.n_users, np.ones(small_world.dataset.n_users))
    found = model_vectors(scorer.score_catalogue(asked))
    both = together_vectors(split.matrix(split.fit_rows))
    inside = np.triu_indices(len(found), 1)
    assert np.corrcoef((found @ found.T)[inside], (both @ both.T)[inside])[0, 1] > 0.3


def test_probes_are_users_with_a_history_and_the_same_each_time() -> None:
    active = np.array([0, 3, 1, 0, 2])
    assert probes(5, active).tolist() == [1, 2, 4]
    assert probes(3, np.zeros(3)).tolist() == [0, 1, 2]
    many = probes(10_000, np.ones(10_000))
    assert len(many) == 256
    np.testing.assert_array_equal(many, probes(10_000, np.ones(10_000)))


def test_kinds_are_the_values_of_the_grouping_attribute(tiny_ratings: Dataset) -> None:
    kinds = kinds_of(tiny_ratings, np.zeros((6, 1)))
    assert (kinds.attribute, kinds.names) == ("genres", ("calm", "odd", "wild"))
    np.testing.assert_allclose(kinds.shares[[1, 5]], [[0.5, 0, 0.5], [0, 0, 0]])
    seen = csr_matrix(np.array([[1, 1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0]]))
    np.testing.assert_allclose(kinds.taste(seen), [[0.75, 0, 0.25], [0, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(kinds.mix(np.array([[0, 4, -1]])), [[0.5, 0.5, 0]])


def test_rare_values_share_one_name(tiny_ratings: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys_core.ranking.kinds.MOST_KINDS", 2)
    kinds = kinds_of(tiny_ratings, np.zeros((6, 1)))
    assert kinds.names == ("calm", "other")
    np.testing.assert_allclose(kinds.shares[[0, 1, 4]], [[1, 0], [0.5, 0.5], [0, 1]])


def test_without_an_attribute_kinds_are_groups_named_after_an_item(small_world: World) -> None:
    plain = _plain(small_world)
    seen = np.zeros((plain.n_users, plain.n_items))
    seen[:60, :5] = seen[60:, 5:10] = 1
    kinds = kinds_of(plain, together_vectors(csr_matrix(seen)))
    assert kinds.attribute == ""
    groups = kinds.shares.argmax(axis=1)
    assert len(set(groups[:5])) == len(set(groups[5:10])) == 1 and groups[0] != groups[5]
    assert not kinds.shares[10:].any()
    assert all(name.startswith("like ") for name in kinds.names)
