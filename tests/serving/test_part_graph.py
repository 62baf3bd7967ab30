from __future__ import annotations

import numpy as np
import pytest

from benchmarks.large import history_graph
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.serving.networks import HistoryEncoderScorer, OnnxNetwork
from recsys_core.serving.part_graph import part_graph
from tests.onnx_graphs import pair_graph

N_ITEMS = 12
HISTORIES = [np.array([3, 1, 11]), np.array([], dtype=np.int64), np.array([7, 7])]


@pytest.mark.parametrize("width", [5, N_ITEMS])
def test_a_part_of_a_network_says_what_the_whole_says(width: int) -> None:
    content = history_graph(N_ITEMS, np.random.default_rng(0), width)
    scorer = HistoryEncoderScorer(OnnxNetwork(content), histories_to_csr(HISTORIES, N_ITEMS))
    items = np.array([4, 0, 4])
    whole = scorer.fold_in(HISTORIES)[:, items]
    np.testing.assert_allclose(scorer.fold_in_items(HISTORIES, None, None, items), whole, atol=1e-6)


def test_weights_that_may_stand_for_items_or_not_are_left_whole() -> None:
    rng = np.random.default_rng(0)
    assert part_graph(history_graph(N_ITEMS, rng, 5), N_ITEMS) is not None
    assert part_graph(history_graph(N_ITEMS, rng, N_ITEMS), N_ITEMS) is None


def test_a_graph_of_another_kind_is_left_whole() -> None:
    assert part_graph(pair_graph(np.zeros((3, N_ITEMS))), N_ITEMS) is None
