from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_core.data.scaling import MinMaxScaler
from recsys_core.errors import DataError
from recsys_core.serving import networks
from recsys_core.serving.load import load_scorer
from recsys_core.serving.networks import EmbeddingMlpScorer, HistoryEncoderScorer, OnnxNetwork
from tests.fitted import fitted, tiny_split
from tests.onnx_graphs import graph_with_outside_weights, pair_graph

N_USERS, N_ITEMS = tiny_split().dataset.n_users, tiny_split().dataset.n_items
TABLE = np.array([[0.0, 0.25, 0.5], [1.0, 1.5, -0.5]])


def _keras(folder: Path) -> Any:
    import keras

    return keras.saving.load_model(folder / "model.keras", safe_mode=True)


def test_the_exported_pair_network_gives_what_keras_gives(tmp_path: Path) -> None:
    model = fitted("embedding_mlp")
    model.save(tmp_path)
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, N_USERS, size=200), rng.integers(0, N_ITEMS, size=200)
    predicted = _keras(tmp_path)([users[:, None], items[:, None]]).numpy()[:, 0]
    values = tiny_split().triples(tiny_split().fit_rows)[2]
    expected = predicted * (values.max() - values.min()) + values.min()
    scorer = load_scorer(tmp_path)
    table = scorer.score_catalogue(np.arange(N_USERS))
    assert expected.std() > 0.05  # a network that says the same of all would prove nothing
    np.testing.assert_allclose(table[users, items], expected, atol=1e-5)
    np.testing.assert_allclose(
        scorer.score(users, items), np.clip(expected, values.min(), values.max()), atol=1e-5
    )


def test_the_exported_encoder_gives_what_keras_gives(tmp_path: Path) -> None:
    fitted("history_encoder").save(tmp_path)
    rng = np.random.default_rng(0)
    histories = [rng.permutation(N_ITEMS)[: rng.integers(0, 15)] for _user in range(50)]
    shown = np.zeros((50, N_ITEMS), dtype=np.float32)
    for row, history in enumerate(histories):
        shown[row, history] = 1.0
    expected = _keras(tmp_path)(shown, training=False).numpy()
    assert expected.std(axis=0).max() > 0.02
    np.testing.assert_allclose(load_scorer(tmp_path).fold_in(histories), expected, atol=1e-5)


def test_many_rows_are_scored_block_by_block_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    users = np.arange(N_USERS)
    whole = {name: fitted(name).score_catalogue(users) for name in ("embedding_mlp", "history_encoder")}
    monkeypatch.setattr(networks, "PAIRS_A_CALL", 7)
    monkeypatch.setattr(networks, "CELLS_A_CALL", 3 * N_ITEMS)
    for name, expected in whole.items():
        np.testing.assert_allclose(fitted(name).score_catalogue(users), expected, atol=1e-6)


def test_a_rating_network_is_brought_back_to_the_scale_and_clipped_pair_by_pair() -> None:
    scorer = EmbeddingMlpScorer(OnnxNetwork(pair_graph(TABLE)), 2, 3, MinMaxScaler(1.0, 5.0))
    assert scorer.score_catalogue(np.array([1, 0])).tolist() == [[5.0, 7.0, -1.0], [1.0, 2.0, 3.0]]
    assert scorer.score(np.array([1, 1, 0]), np.array([1, 2, 2])).tolist() == [5.0, 1.0, 3.0]


def test_bytes_that_are_no_network_are_refused() -> None:
    with pytest.raises(DataError, match="the exported network cannot be read"):
        OnnxNetwork(b"not a graph")


def test_weights_outside_the_file_are_never_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.array([1, 2, 3], dtype=np.float32).tofile(tmp_path / "secret.bin")
    monkeypatch.chdir(tmp_path)
    for path in ("secret.bin", str(tmp_path / "secret.bin")):
        with pytest.raises(DataError, match="the exported network cannot be read"):
            OnnxNetwork(graph_with_outside_weights(path))


def test_a_network_over_the_size_cap_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "network.onnx").write_bytes(pair_graph(TABLE))
    assert OnnxNetwork.read(tmp_path).content == pair_graph(TABLE)
    monkeypatch.setattr(networks, "MAX_ONNX_BYTES", 100)
    with pytest.raises(DataError, match="over 1 GB"):
        OnnxNetwork.read(tmp_path)


def test_a_repeated_item_counts_once_in_a_history() -> None:
    scorer = fitted("history_encoder").scorer
    assert isinstance(scorer, HistoryEncoderScorer)
    once, twice = scorer.fold_in([np.array([4, 9]), np.array([9, 4, 4])])
    np.testing.assert_array_equal(once, twice)
