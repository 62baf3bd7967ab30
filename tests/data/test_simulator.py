from __future__ import annotations

import numpy as np
import pytest

from recsys_core.columns import ITEM_ROW, USER_ROW, VALUE, Kind
from recsys_core.data.simulator import World, simulate
from recsys_core.errors import NotSupported, ParamError


@pytest.mark.parametrize("kind", [Kind.RATING, Kind.IMPLICIT])
def test_the_same_seed_gives_the_same_world_and_another_seed_another(kind: Kind) -> None:
    first, again, other = (simulate(kind, n_users=40, n_items=30, seed=seed) for seed in (5, 5, 6))
    assert first.dataset.fingerprint == again.dataset.fingerprint
    np.testing.assert_array_equal(first.truth, again.truth)
    assert first.dataset.fingerprint != other.dataset.fingerprint


@pytest.mark.parametrize("kind", [Kind.RATING, Kind.IMPLICIT])
@pytest.mark.parametrize("size", [(2, 2, 1), (30, 500, 3), (300, 10, 50)])
def test_the_truth_has_the_rows_of_the_tables(kind: Kind, size: tuple[int, int, int]) -> None:
    n_users, n_items, mean_events = size
    world = simulate(kind, n_users=n_users, n_items=n_items, mean_events=mean_events, seed=2)
    assert world.truth.shape == (world.dataset.n_users, world.dataset.n_items)
    assert np.isfinite(world.truth).all()


def test_ratings_lie_on_the_scale_and_scatter_around_the_truth(small_world: World) -> None:
    events = small_world.dataset.interactions
    assert set(events[VALUE]) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert small_world.truth.min() >= 1
    assert small_world.truth.max() <= 5
    error = events[VALUE] - small_world.truth[events[USER_ROW], events[ITEM_ROW]]
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error))
    assert error.std() < 0.8 < events[VALUE].std()


def test_choices_are_as_frequent_as_their_probabilities_say() -> None:
    world = simulate(Kind.IMPLICIT, n_users=300, n_items=100, seed=3)
    n = len(world.dataset.interactions)
    deviation = np.sqrt((world.truth * (1 - world.truth)).sum())
    assert set(world.dataset.interactions[VALUE]) == {1.0}
    assert abs(n - world.truth.sum()) < 4 * deviation


def test_popularity_has_a_long_tail() -> None:
    world = simulate(Kind.IMPLICIT, seed=4)
    counts = np.sort(np.bincount(world.dataset.interactions[ITEM_ROW]))[::-1]
    assert counts[: len(counts) // 10].sum() > 0.3 * counts.sum()
    assert counts[0] > 8 * np.median(counts)


def test_a_segment_shares_its_taste_in_categories() -> None:
    world = simulate(Kind.RATING, n_users=400, n_items=200, seed=1)
    segment = world.dataset.users["segment"].to_numpy()
    profiles = world.truth - world.truth.mean(axis=0)
    similarity = np.corrcoef(profiles)
    same = segment[:, None] == segment[None, :]
    np.fill_diagonal(same, False)
    assert similarity[same].mean() > 0.3 + similarity[segment[:, None] != segment[None, :]].mean()


def test_titles_are_distinct_and_every_item_has_a_category(small_world: World) -> None:
    items = small_world.dataset.items
    assert items["title"].is_unique
    assert items["title"].str.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ \d+").all()
    assert items["category"].str.len().between(1, 2).all()
    assert small_world.dataset.list_columns == ("category",)


def test_a_simulated_data_set_says_that_it_is_one(small_world: World) -> None:
    assert small_world.dataset.name == "simulated-rating"
    assert "simulated" in small_world.dataset.provenance.notice


def test_clicks_and_empty_worlds_are_refused() -> None:
    with pytest.raises(NotSupported, match="click"):
        simulate(Kind.CLICK)
    with pytest.raises(ParamError, match="n_users"):
        simulate(Kind.RATING, n_users=0)
