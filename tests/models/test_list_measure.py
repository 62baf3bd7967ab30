from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.ranking.top_k import top_k


def _binary(n_users: int, n_items: int, density: float, seed: int) -> csr_matrix:
    drawn = csr_matrix(random_array((n_users, n_items), density=density, rng=np.random.default_rng(seed)))
    return csr_matrix((drawn > 0).astype(np.float32))


def test_a_hand_worked_list() -> None:
    import tensorflow as tf

    from recsys_core.models import list_measure as module

    # ranked b, c, a: one hit at place 2 of one wanted item, so 1 / log2(3) of an ideal 1
    logits = tf.constant([[0.0, 2.0, 1.0]])
    loss, gained = module.list_figures(logits, tf.constant([[0.0, 0.0, 1.0]])).numpy()
    assert gained == pytest.approx(1 / np.log2(3))
    assert loss == pytest.approx(np.log(1 + np.e + np.e**2) - 1, rel=1e-5)


@pytest.mark.parametrize("cells", [4_000_000, 90])
def test_it_is_the_ndcg_of_the_evaluation_in_one_block_or_many(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    from recsys_core.models import list_measure as module

    monkeypatch.setattr(module, "CELLS_A_BLOCK", cells)
    seen, wanted = _binary(40, 30, 0.2, 0), _binary(40, 30, 0.2, 1)
    wanted = csr_matrix(wanted - wanted.multiply(seen))
    wanted.eliminate_zeros()
    scores = np.random.default_rng(2).normal(size=(40, 30)).astype(np.float32)
    table = tf.constant(scores)
    found = module.list_measure(lambda rows: tf.gather(table, rows), seen, wanted, seed=0)()
    judged = np.flatnonzero(np.diff(wanted.indptr) > 0)
    lists = top_k(scores[judged], 10, seen=seen[judged])
    expected = ndcg(hits_of(lists.items, wanted[judged]), 10).mean()
    assert found["ndcg@10"] == pytest.approx(expected, abs=1e-6)


def test_nobody_to_watch_gives_zeros() -> None:
    import tensorflow as tf

    from recsys_core.models import list_measure as module

    nothing = csr_matrix((5, 4), dtype=np.float32)
    assert module.list_measure(lambda rows: tf.zeros((5, 4)), nothing, nothing, seed=0)() == {
        "loss": 0.0,
        "ndcg@10": 0.0,
    }


def test_of_many_users_two_thousand_are_drawn_and_the_seed_decides_which() -> None:

    from recsys_core.models import list_measure as module

    many = csr_matrix(np.ones((3000, 1), np.float32))
    first = module.watched_users(many, 1)
    assert len(np.unique(first)) == 2000
    np.testing.assert_array_equal(first, module.watched_users(many, 1))
    assert not np.array_equal(first, module.watched_users(many, 2))
