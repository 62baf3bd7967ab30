from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core import files
from recsys_core.columns import ITEM_ROW, TIME, USER_ROW, VALUE, Kind
from recsys_core.data.simulator import CAUSES, World, simulate
from recsys_core.errors import NotSupported, ParamError


@pytest.mark.parametrize("kind", list(Kind))
def test_the_same_seed_gives_the_same_world_and_another_seed_another(kind: Kind) -> None:
    first, again, other = (simulate(kind, n_users=40, n_items=30, seed=seed) for seed in (5, 5, 6))
    assert first.dataset.fingerprint == again.dataset.fingerprint
    np.testing.assert_array_equal(first.truth, again.truth)
    assert first.dataset.fingerprint != other.dataset.fingerprint


@pytest.mark.parametrize("kind", list(Kind))
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
    assert similarity[same].mean() > 0.2 + similarity[segment[:, None] != segment[None, :]].mean()


def test_titles_are_distinct_and_every_item_has_a_category(small_world: World) -> None:
    items = small_world.dataset.items
    assert items["title"].is_unique
    assert items["title"].str.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ \d+").all()
    assert items["category"].str.len().between(1, 2).all()
    assert small_world.dataset.list_columns == ("category",)


def test_a_simulated_data_set_says_that_it_is_one(small_world: World) -> None:
    assert small_world.dataset.name == "simulated-rating"
    assert "simulated" in small_world.dataset.provenance.notice


def test_clicks_are_as_frequent_as_asked_and_as_their_probabilities_say() -> None:
    world = simulate(Kind.CLICK, click_rate=0.3, seed=1)
    clicked, p = world.dataset.interactions[VALUE].to_numpy(), world.expected()
    assert set(clicked) == {0.0, 1.0}
    assert p.mean() == pytest.approx(0.3, abs=0.02)
    for part in np.array_split(np.argsort(p), 10):
        deviation = np.sqrt((p[part] * (1 - p[part])).sum())
        assert abs(clicked[part].sum() - p[part].sum()) < 4 * deviation


def test_impressions_carry_their_features_and_the_hour_is_that_of_the_time() -> None:
    data = simulate(Kind.CLICK, n_users=50, n_items=30).dataset
    assert data.features == ("position", "device", "hour", "layout", "load_ms")
    events = data.interactions
    assert set(events["position"]) == {1, 2, 3, 4, 5, 6}
    assert set(events["device"]) == {"desktop", "phone", "tablet"}
    assert (events["hour"] == pd.to_datetime(events[TIME], unit="s").dt.hour).all()


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("cause", CAUSES)
def test_a_world_of_one_cause_has_no_other(kind: Kind, cause: str) -> None:
    world = simulate(kind, n_users=40, n_items=30, causes={cause: 2.0})
    assert world.causes.dtype == np.int8
    assert len(world.causes) == len(world.dataset.interactions)
    assert {CAUSES[code] for code in world.causes} == {cause}


def test_impressions_have_their_causes_in_the_shares_that_were_asked_for() -> None:
    shares = {"taste": 0.4, "popularity": 0.3, "attributes": 0.2, "chance": 0.1}
    counts = simulate(Kind.CLICK, causes=shares, seed=3).counts_by_cause
    expected = counts.sum() * np.array(list(shares.values()))
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()


def test_the_cause_of_a_row_is_the_cause_of_that_very_row() -> None:
    # by popularity alone a few items are taken, by chance all alike: the items of the two causes must differ
    world = simulate(Kind.CLICK, causes={"popularity": 0.5, "chance": 0.5}, popularity=1.5, seed=2)
    shown = world.dataset.interactions[ITEM_ROW].to_numpy()
    top = shown[world.causes == CAUSES.index("popularity")]
    lot = shown[world.causes == CAUSES.index("chance")]
    assert np.bincount(top).max() > 0.2 * len(top)
    assert np.bincount(lot).max() < 0.02 * len(lot)


def test_chance_alone_makes_every_item_as_likely_as_any_other() -> None:
    world = simulate(Kind.IMPLICIT, n_users=60, n_items=40, causes={"chance": 1.0})
    assert np.ptp(world.truth, axis=1).max() < 1e-12


def test_a_larger_exponent_makes_a_few_items_more_popular() -> None:
    def share(popularity: float) -> float:
        events = simulate(Kind.CLICK, popularity=popularity, seed=1).dataset.interactions
        counts = np.sort(np.bincount(events[ITEM_ROW]))[::-1]
        return float(counts[:20].sum() / counts.sum())

    none, some, much = share(0.0), share(0.8), share(1.6)
    assert none + 0.05 < some < much - 0.05


def test_drift_moves_what_a_user_takes_next_and_without_it_time_changes_nothing() -> None:
    def scores_at(drift: float) -> tuple[np.ndarray, np.ndarray]:
        world = simulate(Kind.IMPLICIT, n_users=50, n_items=40, drift=drift, seed=3)
        everybody, people = np.arange(world.dataset.n_users), world.nature.people
        first = people.first[world.kept_users]
        return world.ideal_scores(everybody, first), world.ideal_scores(
            everybody, first + people.stay[world.kept_users]
        )

    np.testing.assert_array_equal(*scores_at(0.0))
    gaps = [np.abs(np.subtract(*scores_at(drift))).sum(axis=1).mean() for drift in (0.3, 1.0)]
    assert 0.05 < gaps[0] < gaps[1] / 2


def test_choices_follow_the_drift() -> None:
    world = simulate(Kind.CLICK, n_users=300, n_items=60, drift=1.0, causes={"taste": 1.0}, seed=2)
    events = world.dataset.interactions
    users, items = events[USER_ROW].to_numpy(), events[ITEM_ROW].to_numpy()
    owners = world.kept_users[users]
    progress = world.nature.people.progress(owners, events[TIME].to_numpy())

    def likelihood(at: np.ndarray) -> float:
        chances = world.nature.chances(owners, at)[np.arange(len(owners)), world.kept_items[items]]
        return float(np.log(chances).mean())

    assert likelihood(progress) > likelihood(np.full(len(owners), 0.5)) + 0.05
    assert likelihood(progress) > likelihood(1 - progress) + 0.05


@pytest.mark.parametrize("kind", list(Kind))
def test_the_attributes_that_matter_explain_the_truth_and_the_others_do_not(kind: Kind) -> None:
    world = simulate(kind, n_users=300, n_items=200, seed=5, causes={"taste": 0.2, "attributes": 0.8})
    data = world.dataset
    table = np.log(world.truth)
    table = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    segments = pd.factorize(data.users["segment"])[0]
    by_segment = np.stack([table[segments == code].mean(axis=0) for code in range(4)])  # (4, n_items)

    def explained(labels: pd.Series) -> float:
        means = pd.DataFrame(by_segment.T).groupby(labels.to_numpy()).transform("mean").to_numpy()
        return float((means**2).sum() / (by_segment**2).sum())

    items = data.items
    matters = explained(items["category"].str[0]), explained(items["price_band"])
    noise = explained(items["colour"]), explained(pd.qcut(items["weight"], 6, labels=False))
    assert min(matters) > 2 * max(noise)


def test_the_table_of_attributes_says_which_matter() -> None:
    told = simulate(Kind.CLICK, n_users=40, n_items=30).attributes.set_index("attribute")
    assert set(told.index[~told["matters"]]) == {"city", "colour", "weight", "layout", "load_ms"}
    assert set(told.index[told["matters"]]) == {
        "segment", "age", "category", "price_band", "position", "device", "hour",
    }  # fmt: skip
    assert ((told["strength"] > 0) == told["matters"]).all()
    assert told.loc["segment", "strength"] > 2 * told.loc["age", "strength"]
    bare = simulate(Kind.RATING, n_users=40, n_items=30, causes={"taste": 1.0}).attributes
    assert not bare["matters"].any()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_data_set_carries_nothing_of_the_truth(kind: Kind, tmp_path: Path) -> None:
    world = simulate(kind, n_users=40, n_items=30)
    data = world.dataset
    features = {"position", "device", "hour", "layout", "load_ms"} if kind is Kind.CLICK else set()
    assert set(data.interactions.columns) == {USER_ROW, ITEM_ROW, VALUE, TIME} | features
    assert set(data.users.columns) == {"user_id", "segment", "age", "city"}
    assert set(data.items.columns) == {"item_id", "title", "category", "price_band", "colour", "weight"}
    data.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "dataset.json", "interactions.parquet", "items.parquet", "users.parquet",
    ]  # fmt: skip
    assert not {"cause", "expected", "truth", "seed", "nature"} & set(
        files.read_json(tmp_path / "dataset.json")
    )


def test_users_and_items_without_an_event_have_no_row_and_the_truth_follows_the_rows_that_are_there() -> None:
    world = simulate(Kind.IMPLICIT, n_users=200, n_items=150, mean_events=2, seed=1)
    assert world.dataset.n_users < 200
    assert world.dataset.n_items < 150
    assert world.dataset.users["user_id"].tolist() == [str(row + 1) for row in world.kept_users]
    assert world.dataset.items["item_id"].tolist() == [str(row + 1) for row in world.kept_items]
    events = world.dataset.interactions
    np.testing.assert_allclose(world.expected(), world.truth[events[USER_ROW], events[ITEM_ROW]], rtol=1e-9)
    rows = np.array([5, 0, 3])
    np.testing.assert_array_equal(world.expected(rows), world.expected()[rows])


def test_a_table_of_truth_that_would_be_too_large_is_refused_and_blocks_of_it_are_not() -> None:
    world = simulate(Kind.IMPLICIT, n_users=8_000, n_items=5_000, mean_events=4, causes={"chance": 1.0})
    with pytest.raises(NotSupported, match="cells"):
        _table = world.truth
    assert world.block(np.array([3, 1])).shape == (2, world.dataset.n_items)


def test_without_noise_a_rating_is_the_opinion_rounded() -> None:
    world = simulate(Kind.RATING, n_users=40, n_items=30, noise=0.0)
    np.testing.assert_allclose(world.expected(), world.dataset.interactions[VALUE], atol=1e-6)


@pytest.mark.parametrize(
    ("dials", "named"),
    [
        ({"n_users": 1}, "n_users"),
        ({"n_items": 0}, "n_items"),
        ({"seed": -1}, "seed"),
        ({"mean_events": 0}, "mean_events"),
        ({"noise": float("nan")}, "noise"),
        ({"noise": -0.1}, "noise"),
        ({"popularity": 9}, "popularity"),
        ({"drift": 1.5}, "drift"),
        ({"click_rate": 0.0}, "click_rate"),
        ({"causes": {"luck": 1.0}}, "causes"),
        ({"causes": {"taste": -1.0}}, "causes"),
        ({"causes": {}}, "causes"),
    ],
)
def test_a_dial_outside_its_range_is_refused_by_name(dials: dict[str, Any], named: str) -> None:
    with pytest.raises(ParamError, match=named) as caught:
        simulate(Kind.RATING, **dials)
    assert caught.value.where == named
