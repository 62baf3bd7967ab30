"""The audit of a split: hand-counted, clean on honest splits, and a planted leak of every sort raises its flag."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.simulator import World, simulate
from recsys_core.data.split_audit import SplitAudit, audit
from recsys_core.data.split_flags import KIND, LEAK, NOTE
from recsys_core.data.splits import Split, SplitSpec, make_split

PROTOCOLS = ("user-random", "random", "last", "time", "cold-user", "cold-user-first", "cold-item")


def _leaks(found: SplitAudit) -> list[str]:
    return [flag.name for flag in found.flags if flag.severity == LEAK]


def _split(data: Dataset, protocol: str) -> Split:
    return make_split(data, SplitSpec.parse(protocol, seed=42))


def _events(data: Dataset) -> pd.DataFrame:
    """A data set's rows with its own ids."""
    events = data.interactions
    users, items = (table.iloc[:, 0].to_numpy() for table in (data.users, data.items))
    made = {"user_id": users[events["user"]], "item_id": items[events["item"]]}
    return pd.DataFrame(made | {name: events[name].to_numpy() for name in ("value", "timestamp")})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_honest_splits_of_real_data_are_clean(movielens: Dataset, protocol: str) -> None:
    found = audit(_split(movielens, protocol))
    assert found.clean, found.flags
    assert found.pairs_in_both == 0


@pytest.mark.parametrize("kind", [Kind.RATING, Kind.IMPLICIT])
@pytest.mark.parametrize(
    ("n_users", "n_items"), [(120, 80), (400, 10)]
)  # the second: equal histories by chance
def test_honest_splits_of_the_simulator_are_clean(kind: Kind, n_users: int, n_items: int) -> None:
    data = simulate(kind, n_users=n_users, n_items=n_items, seed=1).dataset
    for protocol in PROTOCOLS:
        found = audit(_split(data, protocol))
        assert found.clean, (protocol, found.flags)


def test_the_counts_of_real_data_by_time(movielens: Dataset) -> None:
    found = audit(_split(movielens, "time"))
    assert (found.train, found.valid, found.test) == (72_000, 8_000, 20_000)
    assert (found.test_users, found.new_users) == (301, 192)
    assert (found.test_before_train, found.test_before_any_train) == (0.0, 0.0)
    assert found.rows_a_user == pytest.approx(20_000 / 301)
    assert [flag.name for flag in found.flags] == ["new_users"]
    assert "192 of 301 users of test have no training row" in found.flags[0].sentence


def test_users_and_items_are_counted_by_hand(tiny_ratings: Dataset) -> None:
    test = np.array([1, 10, 11])  # ann-b (older than ann's training), cem-f (new item), dee-a (new user)
    rest = np.setdiff1d(np.arange(12), test)
    found = audit(Split(tiny_ratings, SplitSpec(), rest[1:], rest[:1], test))  # valid: ann-a
    assert (found.train_users, found.valid_users, found.test_users) == (3, 1, 3)
    assert (found.train_items, found.valid_items, found.test_items) == (5, 1, 3)
    assert (found.new_users, found.new_items) == (1, 1)
    assert found.test_before_any_train == pytest.approx(2 / 3)  # the newest training row is of 40
    assert {flag.name: flag.severity for flag in found.flags} == {"own_future": KIND, "new_users": NOTE}
    told = found.as_dict()
    assert told["clean"] is True
    assert told["flags"][0].keys() == {"name", "severity", "sentence"}


def test_peeking_is_kindness_and_no_leak(small_world: World) -> None:
    by_lot, by_last = (audit(_split(small_world.dataset, protocol)) for protocol in ("user-random", "last"))
    assert by_lot.clean and by_last.clean
    assert [flag.name for flag in by_lot.flags if flag.severity == KIND] == ["own_future"]
    assert [flag.name for flag in by_last.flags if flag.severity == KIND] == ["others_future"]
    assert "no leak, but it is kind" in by_lot.flags[0].sentence


@pytest.mark.parametrize("n_repeated", [1, 25])
def test_test_rows_that_repeat_training_rows_are_a_leak(small_world: World, n_repeated: int) -> None:
    events = _events(small_world.dataset)
    cut = len(events) * 4 // 5
    events = events.assign(part=(np.arange(len(events)) >= cut).astype(np.int8))
    given = audit(_split(make_dataset("t", Kind.RATING, events), "given"))
    assert "pairs" not in _leaks(given)
    planted = pd.concat([events, events.head(n_repeated).assign(part=1)], ignore_index=True)
    found = audit(_split(make_dataset("t", Kind.RATING, planted), "given"))
    assert _leaks(found) == ["pairs"]
    assert found.pairs_in_both == n_repeated
    assert found.flags[0].sentence.startswith(
        f"{n_repeated} of {len(planted) - cut} test rows stand in training"
    )


def test_a_thing_chosen_again_later_is_a_note_and_an_exact_copy_a_leak() -> None:
    rows = {"user_id": ["u", "u", "u", "v"], "item_id": list("xyxy"), "value": 1.0, "part": [0, 0, 1, 0]}
    later = pd.DataFrame({**rows, "timestamp": [1, 2, 9, 3]})
    found = audit(_split(make_dataset("t", Kind.IMPLICIT, later), "given"))
    assert {flag.name: flag.severity for flag in found.flags} == {"again": NOTE}
    exact = pd.DataFrame({**rows, "timestamp": [1, 2, 1, 3]})
    assert "pairs" in _leaks(audit(_split(make_dataset("t", Kind.IMPLICIT, exact), "given")))


@pytest.mark.parametrize("protocol", PROTOCOLS[:6])
def test_copied_people_are_a_leak(small_world: World, protocol: str) -> None:
    events = _events(small_world.dataset)
    sizes = events["user_id"].value_counts()
    long = sizes.index[(sizes >= 8) & (sizes <= 30)][:40]
    copies = events[events["user_id"].isin(long)].assign(user_id=lambda one: "copy-" + one["user_id"])
    planted = make_dataset("t", Kind.RATING, pd.concat([events, copies], ignore_index=True))
    found = audit(_split(planted, protocol))
    if protocol in ("last", "time"):  # the copies chose at the same moments, so both are held out alike
        assert found.clean
        return
    assert _leaks(found) == ["copies"]
    assert "under another id" in found.flags[0].sentence


def test_short_histories_may_be_the_same_by_chance(small_world: World) -> None:
    events = _events(small_world.dataset)
    four = events.head(4)
    twins = [four.assign(user_id=name) for name in ("one", "two")]
    data = make_dataset("t", Kind.RATING, pd.concat([events, *twins], ignore_index=True))
    assert all(audit(_split(data, protocol)).clean for protocol in PROTOCOLS)


def test_a_test_file_whose_people_were_renamed_in_training_is_a_leak(small_world: World) -> None:
    events = _events(small_world.dataset)
    sizes = events["user_id"].value_counts()
    who = sizes.index[sizes >= 10][0]
    part = events["user_id"].eq(who) & (events.groupby("user_id").cumcount() < 6)
    hidden = events.assign(part=part.astype(np.int8))
    stolen = hidden[hidden["part"] == 1].assign(user_id="thief", part=0)
    clean, planted = (
        audit(_split(make_dataset("t", Kind.RATING, table), "given"))
        for table in (hidden, pd.concat([hidden, stolen], ignore_index=True))
    )
    assert "copies" not in _leaks(clean)
    assert "copies" in _leaks(planted)
    assert next(flag for flag in planted.flags if flag.name == "copies").sentence.startswith("1 user")


def test_a_split_by_time_broken_by_hand_is_a_leak(movielens: Dataset) -> None:
    split = _split(movielens, "time")
    train, test = split.train.copy(), split.test.copy()
    train[0], test[0] = test[0], train[0]
    object.__setattr__(split, "train", np.sort(train))  # nobody can make it so: see test_time_split
    object.__setattr__(split, "test", np.sort(test))
    found = audit(split)
    assert _leaks(found) == ["order"]
    assert found.flags[0].sentence.startswith("A split by time must learn from the past alone")


def test_a_last_row_that_is_not_the_last_is_a_leak(small_world: World) -> None:
    split = _split(small_world.dataset, "last")
    swapped = replace(split, train=split.test, test=split.train)
    assert "order" in _leaks(audit(swapped))


def test_people_held_out_whole_who_are_in_training_are_a_leak(small_world: World) -> None:
    split = _split(small_world.dataset, "cold-user")
    moved = split.revealed[:3]
    broken = replace(split, train=np.sort(np.append(split.train, moved)), revealed=split.revealed[3:])
    assert _leaks(audit(broken)) == ["strangers"]
    assert "held out whole have rows in training" in audit(broken).flags[0].sentence


def test_without_times_nothing_is_said_of_them(tiny_ratings: Dataset) -> None:
    timeless = replace(tiny_ratings, interactions=tiny_ratings.interactions.drop(columns="timestamp"))
    found = audit(_split(timeless, "user-random:0.5"))
    assert found.flags == ()
    assert (found.test_before_train, found.test_before_any_train) == (None, None)
