from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import DataError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.baselines import Popularity
from recsys_core.models.sequence import SequenceNetwork, _Events, _events, _Examples, _seen
from tests.fitted import QUICK, fitted, tiny_split


def _tensor(values: object) -> object:
    import tensorflow as tf

    return tf.constant(values, tf.int32)


def _split(rows: list[tuple[str, str, int]]) -> Split:
    """All rows but the last are learned; the last is held out."""
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]).assign(value=1.0)
    last = len(rows) - 1
    data = make_dataset("t", Kind.IMPLICIT, events)
    return Split(data, SplitSpec(), np.arange(last), np.array([], np.int64), np.array([last]))


def _two_users() -> _Events:
    """u: a, b and c at one time, d; v: e, f. Items are rows + 1, so a is 1."""
    rows = [("u", "a", 1), ("u", "b", 5), ("u", "c", 5), ("u", "d", 9), ("v", "e", 1), ("v", "f", 2)]
    split = _split([*rows, ("v", "a", 3)])
    return _events(split, split.train)


def test_events_know_where_their_history_begins_and_what_is_tied() -> None:
    events = _two_users()
    assert sorted(events.items[1:3].tolist()) == [2, 3]
    assert events.items[[0, 3, 4, 5]].tolist() == [1, 4, 5, 6]
    assert events.first.tolist() == [0, 0, 0, 0, 4, 4]
    assert events.end.tolist() == [4, 4, 4, 4, 6, 6]
    assert events.moments.tolist() == [1, 2, 3, 5]
    assert np.diff(events.ties).tolist() == [1, 0, 1, 1, 1]


def test_a_repeated_item_stands_at_its_last_place() -> None:
    split = _split([("u", "a", 1), ("u", "b", 2), ("u", "a", 3), ("v", "b", 1), ("v", "a", 2)])
    events = _events(split, split.train)
    assert events.items.tolist() == [2, 1, 2]  # u: b a; v: b


def test_an_example_is_what_was_last_and_what_comes_next() -> None:
    events = _two_users()
    events.items[1:3] = 2, 3
    draw = _Examples(events, 3, np.array([1.0, 0.5], np.float32))
    ids, expected, worth = draw(_tensor(events.items), _tensor([2, 3, 5]))
    assert ids.numpy().tolist() == [[2, 1, 0], [3, 2, 1], [5, 0, 0]]
    assert expected.numpy()[:, 0].tolist() == [2, 3, 5]
    assert expected.numpy()[0].tolist() == [2, 3]
    np.testing.assert_allclose(worth.numpy(), [[2 / 3, 1 / 3], [1, 0], [1, 0]], atol=1e-6)


def test_ties_are_drawn_anew_and_nothing_else_moves() -> None:
    events = _two_users()
    draw = _Examples(events, 3, np.ones(1, np.float32))
    orders = np.array([draw.reordered(_tensor([1, epoch])).numpy() for epoch in range(40)])
    assert (orders[:, [0, 3, 4, 5]] == [1, 4, 5, 6]).all()
    assert 5 < (orders[:, 1] == 2).sum() < 35
    again = draw.reordered(_tensor([1, 7])).numpy()
    np.testing.assert_array_equal(again, orders[7])


def test_what_was_seen_is_marked_and_padding_is_not() -> None:
    seen = _seen(_tensor([[3, 1, 0], [0, 0, 0]]), 4).numpy()
    assert seen.tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]


def test_it_reads_the_last_items_only() -> None:
    model = SequenceNetwork({**QUICK["sequence"], "history_length": 3}).fit(tiny_split(), seed=1)
    long, short = model.fold_in([np.array([9, 8, 1, 2, 3]), np.array([1, 2, 3])])
    np.testing.assert_allclose(long, short, atol=1e-6)


def test_what_is_served_is_the_keras_model() -> None:
    model = fitted("sequence")
    assert isinstance(model, SequenceNetwork)
    ids = np.zeros((1, model.settings["history_length"]), np.int32)
    ids[0, :3] = [13, 8, 1]  # the last item first, rows + 1
    folded = model.fold_in([np.array([0, 7, 12])])
    np.testing.assert_allclose(folded, model.model(ids).numpy(), atol=1e-5)


def test_an_empty_history_gives_the_items_by_popularity_at_the_start() -> None:
    split = tiny_split()
    counts = np.asarray(split.matrix(split.fit_rows).sum(axis=0)).ravel()
    network = SequenceNetwork(QUICK["sequence"])._network(counts, 1)
    logits = network(np.zeros((1, 50), np.int32)).numpy()[0]
    np.testing.assert_allclose(logits, np.log((counts + 1) / (counts + 1).sum()), atol=1e-5)


def test_users_of_one_row_teach_nothing() -> None:
    split = _split([("u", "a", 1), ("v", "b", 2), ("w", "a", 2)])
    with pytest.raises(DataError, match="no user has two training rows"):
        SequenceNetwork(QUICK["sequence"]).fit(split, seed=1)


def _round(n_users: int) -> Dataset:
    """Everybody goes round the same circle of 30 items, from somewhere."""
    rng = np.random.default_rng(0)
    start, length = rng.integers(0, 30, n_users), rng.integers(6, 14, n_users)
    rows = [
        (f"u{user}", f"i{(start[user] + step) % 30:02d}", 1.0, 1_700_000_000 + 60 * step)
        for user in range(n_users)
        for step in range(length[user])
    ]
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    return make_dataset("round", Kind.IMPLICIT, events)


def test_it_learns_an_order_that_popularity_cannot_see() -> None:
    split = make_split(_round(150), SplitSpec("last", 1, 3))
    settings = {"embedding_size": 32, "epochs": 30, "window": 1, "dropout": 0.2, "item_dropout": 0.1}
    model = SequenceNetwork({**settings, "batch_size": 64, "learning_rate": 0.01}).fit(split, seed=1)
    mine, floor = (evaluate(one.scorer, split, k=1).metrics["hr@1"] for one in (model, _popularity(split)))
    assert floor < 0.3
    assert mine > 0.9


def _popularity(split: Split) -> Popularity:
    return Popularity().fit(split, seed=1)


def test_a_world_of_liked_rows_only_is_learned_from_them() -> None:
    split = tiny_split()
    high = split.dataset.interactions.assign(value=np.float32(5.0))
    all_liked = replace(split, dataset=replace(split.dataset, interactions=high))
    one, two = (
        SequenceNetwork({**QUICK["sequence"], "target": target}).fit(all_liked, seed=1)
        for target in ("consumed", "liked")
    )
    np.testing.assert_allclose(
        one.score_catalogue(np.arange(5)), two.score_catalogue(np.arange(5)), atol=1e-5
    )
