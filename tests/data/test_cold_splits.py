"""Splits that hold users or items out whole: who is a stranger, what of them is known, what rotations add up to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import ITEM_ROW, TIME, USER_ROW, Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.split_audit import audit
from recsys_core.data.splits import ROTATIONS, Split, SplitSpec, make_split
from recsys_core.errors import ParamError

PROTOCOLS = st.sampled_from(["cold-user", "cold-user-first"])
SEEDS = st.integers(0, 1000)
PARTS = ("train", "valid", "test", "revealed", "valid_revealed")


def _dataset(counts: list[int], *, has_time: bool = True) -> Dataset:
    """User u has counts[u] rows on items 0, 1, 2, ..., in no order of time that the rows would show."""
    users = np.repeat(np.arange(len(counts)), counts)
    items = np.concatenate([np.arange(count) for count in counts])
    events = pd.DataFrame({"user_id": users.astype(str), "item_id": items.astype(str), "value": 1.0})
    if has_time:
        events["timestamp"] = np.random.default_rng(0).permutation(len(events)) // 2
    return make_dataset("t", Kind.RATING, events)


DATA = _dataset([1 + (7 * user) % 12 for user in range(40)])


def _users(split: Split, *parts: str) -> set[int]:
    rows = np.concatenate([getattr(split, part) for part in parts])
    return set(DATA.interactions[USER_ROW].to_numpy()[rows].tolist())


@given(PROTOCOLS, st.integers(0, 20), SEEDS)
def test_users_of_test_are_strangers_and_all_rows_are_in_one_part(
    protocol: str, n_known: int, seed: int
) -> None:
    split = make_split(DATA, SplitSpec(protocol, n_known, seed))
    together = np.concatenate([getattr(split, part) for part in PARTS])
    assert sorted(together.tolist()) == list(range(len(DATA.interactions)))
    assert not _users(split, "test", "revealed") & _users(split, "train", "valid", "valid_revealed")
    assert not _users(split, "train") & _users(split, "valid", "valid_revealed")
    assert audit(split).cold_users == 1.0


@given(PROTOCOLS, st.integers(0, 20), SEEDS)
def test_each_stranger_reveals_so_many_rows_and_keeps_one_to_be_asked_for(
    protocol: str, n_known: int, seed: int
) -> None:
    split = make_split(DATA, SplitSpec(protocol, n_known, seed))
    counts = np.bincount(DATA.interactions[USER_ROW], minlength=DATA.n_users)
    shown = np.bincount(split.triples(split.revealed)[0], minlength=DATA.n_users)
    for user in _users(split, "test", "revealed"):
        assert shown[user] == min(n_known, counts[user] - 1)


@given(st.integers(0, 200))
def test_five_seeds_hold_out_every_user_once(shuffle: int) -> None:
    out = [
        _users(make_split(DATA, SplitSpec("cold-user", 1, ROTATIONS * shuffle + part)), "test")
        for part in range(ROTATIONS)
    ]
    assert sum(map(len, out)) == len(set().union(*out)) == DATA.n_users


@given(SEEDS)
def test_the_first_rows_by_time_are_revealed(seed: int) -> None:
    split = make_split(DATA, SplitSpec("cold-user-first", 3, seed))
    users, times = (DATA.interactions[column].to_numpy() for column in (USER_ROW, TIME))
    for user in _users(split, "test"):
        shown, hidden = (times[rows[users[rows] == user]] for rows in (split.revealed, split.test))
        if len(shown):
            assert shown.max() <= hidden.min()


def test_what_is_known_of_a_stranger_is_known_but_not_learned_from() -> None:
    split = make_split(DATA, SplitSpec("cold-user", 2, 1))
    assert not np.isin(split.revealed, split.fit_rows).any()
    assert np.isin(split.valid_revealed, split.fit_rows).all()
    assert np.isin(split.revealed, split.known_rows).all()
    assert np.isin(split.valid_revealed, split.watched_rows).all()
    assert not np.isin(split.valid, split.watched_rows).any()


@given(SEEDS)
def test_cold_items_stand_in_test_alone_and_some_rows_of_every_other_item_may_too(seed: int) -> None:
    split = make_split(DATA, SplitSpec("cold-item", 0.25, seed))
    items = DATA.interactions[ITEM_ROW].to_numpy()
    cold = split.cold_items
    assert len(cold) >= round(0.25 * DATA.n_items)
    assert not np.isin(items[split.fit_rows], cold).any()
    assert not np.isin(split.test[np.isin(items[split.test], cold)], split.fit_rows).any()
    together = np.sort(np.concatenate([split.train, split.valid, split.test]))
    np.testing.assert_array_equal(together, np.arange(len(DATA.interactions)))


def test_the_first_rows_need_times() -> None:
    with pytest.raises(ParamError, match="no time column"):
        make_split(_dataset([5] * 10, has_time=False), SplitSpec("cold-user-first", 2, 0))


@pytest.mark.parametrize(
    "text", ["cold-user:-1", "cold-user:1.5", "cold-user:0x", "cold-user:1001", "cold-item:1"]
)
def test_an_amount_that_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ParamError, match="--split"):
        SplitSpec.parse(text, seed=0)


@pytest.mark.parametrize("text", ["cold-user:0", "cold-user-first:20", "cold-item:0.1", "last:1"])
def test_a_spec_reads_what_it_writes(text: str) -> None:
    assert str(SplitSpec.parse(text, seed=0)) == text


def test_defaults_are_five_known_rows_and_a_tenth_of_the_items() -> None:
    assert str(SplitSpec.parse("cold-user", seed=0)) == "cold-user:5"
    assert str(SplitSpec.parse("cold-item", seed=0)) == "cold-item:0.1"


def test_too_few_users_for_a_stranger_are_refused() -> None:
    with pytest.raises(ParamError, match="leaves no training rows or no test rows"):
        make_split(_dataset([6]), SplitSpec("cold-user", 2, 1))
