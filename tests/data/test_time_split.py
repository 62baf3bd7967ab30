"""The split by one moment for everybody: its order, its ties, its shares, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import ITEM_ROW, TIME, Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import ParamError
from recsys_core.models.registry import protocols_for

TIMES = st.lists(st.integers(-3, 20), min_size=3, max_size=60)


def _dataset(times: list[int]) -> Dataset:
    """One row a time, five users in turn."""
    rows = np.arange(len(times))
    events = pd.DataFrame({"user_id": (rows % 5).astype(str), "item_id": rows.astype(str), "value": 1.0})
    return make_dataset("t", Kind.RATING, events.assign(timestamp=times))


def _parts(split: Split) -> list[np.ndarray]:
    times = split.dataset.interactions[TIME].to_numpy()
    return [times[rows] for rows in (split.train, split.valid, split.test)]


@given(TIMES, st.sampled_from([0.05, 0.2, 0.5, 0.9]), st.integers(0, 50))
def test_nothing_learned_is_later_than_anything_judged(times: list[int], share: float, seed: int) -> None:
    split = make_split(_dataset(times), SplitSpec("time", share, seed))
    train, valid, test = _parts(split)
    assert train.max() <= test.min()
    if len(valid):
        assert train.max() <= valid.min() <= valid.max() <= test.min()
    assert len(test) == min(max(1, round(len(times) * share)), len(times) - 1)
    together = np.concatenate([split.train, split.valid, split.test])
    assert sorted(together.tolist()) == list(range(len(times)))


def test_the_newest_fifth_is_test_and_the_newest_tenth_of_the_rest_is_valid() -> None:
    times = np.random.default_rng(0).permutation(100).tolist()
    train, valid, test = _parts(make_split(_dataset(times), SplitSpec.parse("time", seed=1)))
    assert sorted(test) == list(range(80, 100))
    assert sorted(valid) == list(range(72, 80))
    assert sorted(train) == list(range(72))


def test_without_ties_the_seed_changes_nothing() -> None:
    first, second = (make_split(_dataset(list(range(50))), SplitSpec("time", 0.2, seed)) for seed in (1, 2))
    np.testing.assert_array_equal(first.test, second.test)


def test_a_moment_on_the_cut_is_shared_out_by_lot_and_not_by_row() -> None:
    dataset = _dataset([7] * 1000)
    tests = [make_split(dataset, SplitSpec("time", 0.2, seed)).test for seed in (1, 1, 2)]
    np.testing.assert_array_equal(tests[0], tests[1])
    assert set(tests[0]) != set(tests[2])
    halves = dataset.interactions[ITEM_ROW].to_numpy()[tests[0]] < 500
    assert 60 < halves.sum() < 140  # 100 expected, standard deviation about 6


def test_a_split_by_time_that_is_out_of_order_is_never_born() -> None:
    split = make_split(_dataset(list(range(50))), SplitSpec("time", 0.2, 1))
    assert split.in_time_order
    with pytest.raises(ValueError, match=r"max\(train\) <= min\(valid\)"):
        replace(split, train=split.test, test=split.train)
    with pytest.raises(ValueError, match="split by time"):
        replace(split, train=split.valid, valid=split.train)
    with pytest.raises(ValueError, match="split by time"):
        replace(split, dataset=_dataset(list(range(50))[::-1]))


def test_without_validation_rows_it_is_still_in_order() -> None:
    split = make_split(_dataset(list(range(50))), SplitSpec("time", 0.2, 1))
    inner = replace(split, valid=split.valid[:0], test=split.valid)  # as a rehearsal cuts it
    assert inner.in_time_order


def test_it_needs_a_time_column_and_two_rows(tiny_ratings: Dataset) -> None:
    timeless = replace(tiny_ratings, interactions=tiny_ratings.interactions.drop(columns=TIME))
    with pytest.raises(ParamError, match=r"no time column.*choose user-random"):
        make_split(timeless, SplitSpec("time", 0.2))
    assert "time" not in protocols_for("ease", timeless)
    assert "time" in protocols_for("ease", tiny_ratings)
    with pytest.raises(ParamError, match="no training rows or no test rows"):
        make_split(_dataset([1]), SplitSpec("time", 0.2))


@pytest.mark.parametrize("text", ["time:0", "time:1", "time:x", "time:1.5"])
def test_its_share_lies_between_nothing_and_everything(text: str) -> None:
    with pytest.raises(ParamError, match=r"time:0\.2"):
        SplitSpec.parse(text, seed=0)


def test_it_reads_what_it_prints() -> None:
    assert str(SplitSpec.parse("time", seed=0)) == "time:0.2"
    assert SplitSpec.parse("time:0.1", seed=3) == SplitSpec("time", 0.1, 3)
