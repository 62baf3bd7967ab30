from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.data.scaling import MinMaxScaler
from recsys_core.errors import DataError, NotSupported
from recsys_core.serving.load import load_scorer
from recsys_core.serving.networks import OnnxNetwork
from recsys_core.serving.own import OwnListScorer, OwnPairScorer
from tests.onnx_graphs import made_of, pair_graph

TABLE = np.array([[0.0, 0.25, 0.5], [1.0, 1.5, -0.5]])
PAIRS = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 2])


def pairs(scaler: MinMaxScaler | None) -> OwnPairScorer:
    return OwnPairScorer(OnnxNetwork(pair_graph(TABLE, flat=True)), 2, 3, scaler)


def normalised_lists() -> OwnListScorer:
    """Softmax over the whole catalogue of a history times a matrix: no score can be had without the others."""
    weights = numpy_helper.from_array(np.array([[0, 1, 2], [2, 0, 1], [1, 3, 0]], np.float32), "weights")
    nodes = [
        helper.make_node("MatMul", ["history", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("history", "scores")
    ]
    graph = made_of(helper.make_graph(nodes, "lists", ends[:1], ends[1:], [weights]))
    seen = csr_matrix(np.array([[1, 0, 0], [0, 1, 1]], np.float32))
    return OwnListScorer(OnnxNetwork(graph), seen)


def test_scores_of_pairs_are_as_the_network_gives_them_and_no_ratings() -> None:
    scorer = pairs(None)
    assert not scorer.can.ratings
    np.testing.assert_allclose(scorer.score_catalogue(np.arange(2)), TABLE)
    np.testing.assert_allclose(scorer.score(*PAIRS), [0.0, 0.5, 1.5, -0.5])
    with pytest.raises(NotSupported, match="by their id only"):
        scorer.fold_in([np.array([1])])


def test_values_of_pairs_stand_on_the_scale_of_the_data_and_stay_inside_it() -> None:
    scorer = pairs(MinMaxScaler(1.0, 5.0))
    assert scorer.can.ratings
    np.testing.assert_allclose(scorer.score(*PAIRS), [1.0, 3.0, 5.0, 1.0])
    np.testing.assert_allclose(scorer.score_catalogue(np.array([1])), [[5.0, 7.0, -1.0]])


@pytest.mark.parametrize("scaler", [None, MinMaxScaler(1.0, 5.0)])
def test_pairs_come_back_from_their_files(scaler: MinMaxScaler | None, tmp_path: Path) -> None:
    pairs(scaler).save(tmp_path)
    loaded = load_scorer(tmp_path)
    assert isinstance(loaded, OwnPairScorer)
    assert loaded.can == pairs(scaler).can
    np.testing.assert_allclose(loaded.score(*PAIRS), pairs(scaler).score(*PAIRS))


def test_a_manifest_with_a_scale_that_is_none_is_refused(tmp_path: Path) -> None:
    pairs(None).save(tmp_path)
    manifest = files.read_json(tmp_path / "serving.json")
    files.write_json(tmp_path / "serving.json", {**manifest, "scaling": "secret", "scale": [1.0]})
    with pytest.raises(DataError, match="cannot be read"):
        load_scorer(tmp_path)


def test_a_few_items_of_a_network_that_looks_at_all_are_scored_with_all(tmp_path: Path) -> None:
    normalised_lists().save(tmp_path)
    scorer = load_scorer(tmp_path)
    history, items = [np.array([0]), np.array([], dtype=np.int64)], np.array([2, 0])
    whole = scorer.fold_in(history)
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-6)
    assert not scorer.slices
    np.testing.assert_allclose(scorer.fold_in_items(history, None, None, items), whole[:, items])
    np.testing.assert_allclose(scorer.score_catalogue(np.array([0])), whole[:1])
