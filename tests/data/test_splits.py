from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.split_audit import audit
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import ParamError

COUNTS = st.lists(st.integers(1, 12), min_size=1, max_size=8).filter(lambda counts: max(counts) > 3)
SPECS = st.builds(
    SplitSpec, st.just("user-random"), st.sampled_from([0.2, 0.5, 0.9]), st.integers(0, 1000)
) | st.builds(SplitSpec, st.just("last"), st.sampled_from([1.0, 2.0]), st.integers(0, 1000))


def _dataset(counts: list[int], *, times: list[int] | None = None) -> Dataset:
    """User u has counts[u] rows on items 0, 1, 2, ...; all at one time unless `times` says otherwise."""
    users = np.repeat(np.arange(len(counts)), counts)
    items = np.concatenate([np.arange(count) for count in counts])
    events = pd.DataFrame({"user_id": users.astype(str), "item_id": items.astype(str), "value": 1.0})
    return make_dataset("t", Kind.RATING, events.assign(timestamp=0 if times is None else times))


@given(COUNTS, SPECS)
def test_parts_are_disjoint_and_together_everything(counts: list[int], spec: SplitSpec) -> None:
    split = make_split(_dataset(counts), spec)
    together = np.concatenate([split.train, split.valid, split.test])
    assert sorted(together.tolist()) == list(range(sum(counts)))


@given(COUNTS, SPECS)
def test_every_user_keeps_a_training_row(counts: list[int], spec: SplitSpec) -> None:
    split = make_split(_dataset(counts), spec)
    users, _items, _values = split.triples(split.train)
    assert set(users) == set(range(len(counts)))


@given(COUNTS, SPECS)
def test_the_same_seed_gives_the_same_rows(counts: list[int], spec: SplitSpec) -> None:
    first, second = (make_split(_dataset(counts), spec) for _again in range(2))
    for part in ("train", "valid", "test"):
        np.testing.assert_array_equal(getattr(first, part), getattr(second, part))


@given(COUNTS, st.sampled_from([0.2, 0.5]))
def test_user_random_holds_out_the_rounded_share_of_each_user(counts: list[int], share: float) -> None:
    split = make_split(_dataset(counts), SplitSpec("user-random", share, 7))
    users, _items, _values = split.triples(split.test)
    wanted = [min(int(np.rint(count * share)), count - 1) for count in counts]
    assert np.bincount(users, minlength=len(counts)).tolist() == wanted


def test_another_seed_gives_other_rows(small_world_split: list[Split]) -> None:
    first, second = small_world_split
    assert first.test.tolist() != second.test.tolist()


@pytest.fixture
def small_world_split(small_world: object) -> list[Split]:
    return [make_split(small_world.dataset, SplitSpec(seed=seed)) for seed in (1, 2)]  # type: ignore[attr-defined]


def test_last_holds_out_the_newest_rows_and_valid_the_ones_before() -> None:
    dataset = _dataset([4], times=[30, 10, 40, 20])
    split = make_split(dataset, SplitSpec("last", 1.0, 0))
    assert dataset.interactions["timestamp"].to_numpy()[split.test].tolist() == [40]
    assert dataset.interactions["timestamp"].to_numpy()[split.valid].tolist() == [30]


def test_last_breaks_ties_by_chance_and_not_by_id_or_row() -> None:
    dataset = _dataset([4] * 400)  # every user has the items 0..3, all in one second
    split = make_split(dataset, SplitSpec("last", 1.0, 3))
    _users, items, _values = split.triples(split.test)
    counts = np.bincount(items, minlength=4)
    assert counts.min() > 60  # 100 expected each; standard deviation below 9


def test_given_takes_the_callers_test_rows(tiny_ratings: Dataset) -> None:
    part = np.zeros(12, dtype=np.int8)
    part[[2, 7]] = 1
    dataset = replace(tiny_ratings, interactions=tiny_ratings.interactions.assign(part=part))
    split = make_split(dataset, SplitSpec("given"))
    assert split.test.tolist() == [2, 7]
    assert len(split.fit_rows) == 10


def test_given_needs_a_test_file(tiny_ratings: Dataset) -> None:
    with pytest.raises(ParamError, match="no test file"):
        make_split(tiny_ratings, SplitSpec("given"))


def test_last_needs_a_time(tiny_ratings: Dataset) -> None:
    timeless = replace(tiny_ratings, interactions=tiny_ratings.interactions.drop(columns="timestamp"))
    with pytest.raises(ParamError, match="no time column"):
        make_split(timeless, SplitSpec("last", 1.0))


def test_users_with_one_row_each_leave_no_test_rows() -> None:
    with pytest.raises(ParamError, match="no training rows or no test rows"):
        make_split(_dataset([1, 1]), SplitSpec())


def test_overlapping_parts_are_a_bug(tiny_ratings: Dataset) -> None:
    rows = np.arange(3)
    with pytest.raises(ValueError, match="overlap"):
        Split(tiny_ratings, SplitSpec(), rows, rows, rows)


def test_random_holds_out_a_share_of_all_rows() -> None:
    split = make_split(_dataset([40, 60]), SplitSpec("random", 0.2, 3))
    assert (len(split.test), len(split.valid), len(split.train)) == (20, 8, 72)
    users, _items, _values = split.triples(split.test)
    assert np.bincount(users).tolist() != [8, 12]  # nobody's share is kept


def test_rows_come_by_user_and_time_oldest_first() -> None:
    dataset = _dataset([3, 2], times=[30, 10, 20, 9, 8])
    ordered = make_split(_dataset([3, 2], times=[30, 10, 20, 9, 8]), SplitSpec("user-random", 0.5)).ordered
    known = ordered(np.arange(len(dataset.interactions)))
    assert known.indptr.tolist() == [0, 3, 5]
    assert known.of(0).tolist() == [1, 2, 0]
    assert known.of(1).tolist() == [1, 0]
    assert known.times is not None
    assert known.times.tolist() == [10, 20, 30, 8, 9]


def test_equal_times_of_a_history_come_in_an_order_drawn_from_the_seed() -> None:
    dataset = _dataset([4] * 400)
    rows = np.arange(len(dataset.interactions))
    firsts = []
    for seed in (1, 1, 2):
        known = make_split(dataset, SplitSpec("last", 1.0, seed)).ordered(rows)
        firsts.append(known.items[known.indptr[:-1]])
    np.testing.assert_array_equal(firsts[0], firsts[1])
    assert (firsts[0] != firsts[2]).any()
    assert np.bincount(firsts[0], minlength=4).min() > 60


def test_without_time_a_history_has_the_order_of_the_file(tiny_ratings: Dataset) -> None:
    timeless = replace(tiny_ratings, interactions=tiny_ratings.interactions.drop(columns="timestamp"))
    known = make_split(timeless, SplitSpec("random", 0.2)).ordered(np.arange(12))
    users, items, _values = make_split(timeless, SplitSpec("random", 0.2)).triples(np.arange(12))
    assert known.times is None
    assert known.of(0).tolist() == items[users == 0].tolist()


@pytest.mark.parametrize("text", ["user-random:0.2", "random:0.1", "last:1", "last:3", "given"])
def test_a_spec_is_read_from_what_it_prints(text: str) -> None:
    assert str(SplitSpec.parse(text, seed=1)) == text


@pytest.mark.parametrize("text", ["user-random", "last"])
def test_an_amount_may_be_left_out(text: str) -> None:
    assert SplitSpec.parse(text, seed=1).amount == (1.0 if text == "last" else 0.2)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "user-random:2",
        "user-random:0",
        "user-random:x",
        "last:0",
        "last:1.5",
        "last:nan",
        "last:inf",
    ],
)
def test_a_bad_spec_is_refused_with_what_is_wanted(text: str) -> None:
    with pytest.raises(ParamError, match="split"):
        SplitSpec.parse(text, seed=1)


def test_a_matrix_holds_a_one_for_each_pair(tiny_ratings: Dataset) -> None:
    split = make_split(tiny_ratings, SplitSpec(seed=1))
    everything = split.matrix(np.arange(12)).toarray()
    assert everything.shape == (4, 6)
    assert everything[3].tolist() == [1, 0, 0, 0, 0, 0]
    assert everything.sum() == 12


def test_the_audit_counts_by_hand(tiny_ratings: Dataset) -> None:
    rows = tiny_ratings.interactions
    test = np.array([1, 10, 11])  # ann-b (older than ann's training), cem-f (cold item), dee-a (cold user)
    train = np.setdiff1d(np.arange(len(rows)), test)
    report = audit(Split(tiny_ratings, SplitSpec(), train, np.array([], dtype=np.int64), test))
    assert (report.train, report.valid, report.test) == (9, 0, 3)
    assert report.pairs_in_both == 0
    assert report.cold_users == pytest.approx(1 / 3)
    assert report.cold_items == pytest.approx(1 / 3)
    assert report.test_before_train == pytest.approx(1 / 3)
    assert report.as_dict()["test"] == 3


def test_the_audit_finds_test_rows_that_leak() -> None:
    events = pd.DataFrame(
        {"user_id": ["u", "u", "u"], "item_id": ["x", "y", "x"], "value": 1.0, "part": [0, 0, 1]}
    )
    split = make_split(make_dataset("t", Kind.RATING, events), SplitSpec("given"))
    report = audit(split)
    assert report.pairs_in_both == 1
    assert report.test_before_train is None


def test_protocols_of_an_honest_split_never_leak(small_world_split: list[Split]) -> None:
    report = audit(small_world_split[0])
    assert report.pairs_in_both == 0
    assert report.cold_users == 0
