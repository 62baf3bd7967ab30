from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.dataset import make_dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.models.history_batches import emphasised

TABLE = np.array([[5, 0, 0, 1], [0, 0, 0, 0], [0, 2, 3, 0]], np.float32)


def test_rows_of_a_batch_come_in_its_order_and_spread_over_the_catalogue() -> None:
    import tensorflow as tf

    from recsys_core.models.history_batches import Histories

    rows = Histories.of(csr_matrix(TABLE)).rows(tf.constant([2, 1, 0, 2]))
    np.testing.assert_array_equal(rows.owner, [0, 0, 2, 2, 3, 3])
    np.testing.assert_array_equal(rows.items, [1, 2, 0, 3, 1, 2])
    np.testing.assert_array_equal(rows.sizes, [2, 0, 2, 2])
    np.testing.assert_array_equal(rows.dense(rows.values), TABLE[[2, 1, 0, 2]])


def test_a_stored_zero_is_an_event_all_the_same() -> None:
    import tensorflow as tf

    from recsys_core.models.history_batches import Histories

    matrix = csr_matrix((np.zeros(2, np.float32), [0, 3], [0, 2]), shape=(1, 4))
    rows = Histories.of(matrix).rows(tf.constant([0]))
    np.testing.assert_array_equal(rows.items, [0, 3])
    np.testing.assert_array_equal(rows.dense(tf.ones(2)), [[1, 0, 0, 1]])


@pytest.mark.parametrize("short_share", [0.0, 0.2, 1.0])
def test_what_is_shown_is_a_long_part_or_a_log_uniform_one(short_share: float) -> None:
    import tensorflow as tf

    from recsys_core.models.history_batches import Histories

    histories = Histories.of(csr_matrix(np.ones((4000, 20), np.float32)))
    rows = histories.rows(tf.range(4000))
    shown = rows.shown(short_share, [tf.constant([stream, 5]) for stream in range(3)]).events.numpy()
    assert set(np.unique(shown)) == {0.0, 1.0}
    short = (1 - 1 / 40) / np.log(40)
    expected = (1 - short_share) * 0.7 + short_share * short
    assert shown.mean() == pytest.approx(expected, abs=0.015)


def test_seeds_of_a_step_repeat_and_differ_from_all_others() -> None:
    import tensorflow as tf

    from recsys_core.models.history_batches import step_seeds

    found = {
        tuple(int(number) for number in stream.numpy())
        for epoch in (1, 2)
        for step in (0, 1)
        for stream in step_seeds(3, tf.constant(epoch), tf.constant(step), 2)
    }
    assert len(found) == 8
    again = step_seeds(3, tf.constant(1), tf.constant(0), 1)[0]
    np.testing.assert_array_equal(again, step_seeds(3, tf.constant(1), tf.constant(0), 2)[0])


def test_emphasis_weighs_pairs_by_the_standard_score_of_their_rating() -> None:
    values = np.array([1.0] * 10 + [5.0] * 10)
    table = pd.DataFrame({"user_id": np.arange(20) // 5, "item_id": np.arange(20) % 5, "value": values})
    split = make_split(make_dataset("t", Kind.RATING, table), SplitSpec())
    rows = np.arange(20)
    expected = np.repeat([np.exp(-0.3), np.exp(0.3)], 10).reshape(4, 5)  # the mean is 3, the deviation 2
    np.testing.assert_allclose(emphasised(split, rows, 0.3).toarray(), expected, rtol=1e-6)
    np.testing.assert_array_equal(emphasised(split, rows, 0.0).toarray(), np.ones((4, 5)))


@pytest.mark.parametrize("kind", [Kind.IMPLICIT, Kind.RATING])
def test_nothing_is_emphasised_where_values_tell_nothing(kind: Kind) -> None:
    value = np.arange(20.0) if kind is Kind.IMPLICIT else np.full(20, 4.0)
    table = pd.DataFrame({"user_id": np.arange(20) // 5, "item_id": np.arange(20) % 5, "value": value})
    split = make_split(make_dataset("t", kind, table), SplitSpec())
    weights = emphasised(split, split.fit_rows, 2.0)
    assert set(weights.data) == {1.0} and weights.nnz == len(split.fit_rows)
