"""A catalogue of 100,000 items and models for it from seeded arrays: the cost of serving does not ask what was learned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix, random_array

from recsys_core.columns import ITEM, TITLE, USER, VALUE, Kind
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import PopularityScorer
from recsys_core.serving.factors import FactorsScorer
from recsys_core.serving.item_weights import ItemWeightsScorer
from recsys_core.serving.networks import EmbeddingMlpScorer, HistoryEncoderScorer, OnnxNetwork
from recsys_core.serving.two_tower import Towers, TwoTowerScorer

N_USERS, N_ITEMS, N_EVENTS = 20_000, 100_000, 1_000_000
SIZE, MEMBERS, NEIGHBOURS = 64, 3, 200
KINDS = tuple(f"kind {number}" for number in range(20))


def large_split(seed: int = 0) -> Split:
    """A million choices with a long tail; every item has one of twenty kinds."""
    rng = np.random.default_rng(seed)
    items = np.minimum((N_ITEMS * rng.random(N_EVENTS) ** 3).astype(np.int64), N_ITEMS - 1)
    events = pd.DataFrame({USER: rng.integers(N_USERS, size=N_EVENTS), ITEM: items})
    events = events.drop_duplicates(ignore_index=True).astype("str").assign(**{VALUE: 1.0})
    ids = pd.Series(np.arange(N_ITEMS)).astype("str")
    catalogue = pd.DataFrame(
        {
            ITEM: ids,
            TITLE: "item " + ids,
            "kind": np.array(KINDS, dtype=object)[rng.integers(20, size=N_ITEMS)],
        }
    )
    data = make_dataset("large", Kind.IMPLICIT, events, items=catalogue)
    return _cut(data, rng)


def _cut(data: Dataset, rng: np.random.Generator) -> Split:
    part = rng.random(len(data.interactions))
    parts = (part >= 0.1, (part < 0.1) & (part >= 0.05), part < 0.05)
    train, valid, test = (np.flatnonzero(one) for one in parts)
    return Split(data, SplitSpec(), train, valid, test)


def large_scorers(split: Split, seed: int = 0) -> dict[str, Callable[[], Scorer]]:
    """By model's name, what makes its scorer; one at a time, as some are large."""
    seen = split.matrix(split.fit_rows)
    rng = np.random.default_rng(seed)
    return {
        "popularity": lambda: PopularityScorer(seen.shape[0], np.asarray(seen.sum(axis=0)).ravel()),
        "ials": lambda: _factors(seen, rng),
        "item_knn": lambda: _item_weights(split, rng),
        "two_tower": lambda: _towers(seen, rng),
        "history_encoder": lambda: HistoryEncoderScorer(OnnxNetwork(history_graph(seen.shape[1], rng)), seen),
        "embedding_mlp": lambda: _pairs(seen.shape, rng),
    }


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32) / 8


def _factors(seen: csr_matrix, rng: np.random.Generator) -> Scorer:
    return FactorsScorer(_normal(rng, seen.shape[0], SIZE), _normal(rng, seen.shape[1], SIZE), 0.2, 0.02)


def _item_weights(split: Split, rng: np.random.Generator) -> Scorer:
    n_items, known = split.dataset.n_items, split.ordered(split.fit_rows)
    weights = random_array((n_items, n_items), density=NEIGHBOURS / n_items, rng=rng, dtype=np.float32)
    return ItemWeightsScorer(csr_matrix(weights), known.indptr, known.items)


def _towers(seen: csr_matrix, rng: np.random.Generator) -> Scorer:
    nobody = AttributeEncoder()
    empty = np.zeros((0, SIZE), np.float32)
    n_users, n_items = seen.shape
    towers = Towers(
        _normal(rng, n_items, SIZE), empty, _normal(rng, n_items, SIZE), _normal(rng, n_items), empty,
        np.zeros(0, np.float32),
    )  # fmt: skip
    return TwoTowerScorer.of(
        towers, seen, (csr_matrix((n_users, 0)), csr_matrix((n_items, 0))), (nobody, nobody)
    )


def history_graph(n_items: int, rng: np.random.Generator, width: int = SIZE * MEMBERS * 2) -> bytes:
    """The graph that `history_encoder` exports: x / sqrt(|x| + 3), two products, a bias."""
    stored = {
        "into": _normal(rng, n_items, width),
        "out": _normal(rng, width, n_items),
        "bias": _normal(rng, n_items),
        "axis": np.array([1]),
        "offset": np.array(3.0, np.float32),
    }
    nodes = [
        helper.make_node("ReduceSum", ["history", "axis"], ["size"], keepdims=1),
        helper.make_node("Add", ["size", "offset"], ["moved"]),
        helper.make_node("Sqrt", ["moved"], ["root"]),
        helper.make_node("Div", ["history", "root"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "into"], ["vector"]),
        helper.make_node("MatMul", ["vector", "out"], ["products"]),
        helper.make_node("Add", ["products", "bias"], ["scores"]),
    ]
    return _graph(nodes, stored, [("history", TensorProto.FLOAT, n_items)], ("scores", n_items))


def _pairs(shape: tuple[int, int], rng: np.random.Generator) -> Scorer:
    """Two ids, two vectors, a hidden layer: a network that knows users by their id alone."""
    from recsys_core.data.scaling import MinMaxScaler

    stored = {
        "users": _normal(rng, shape[0], SIZE),
        "items": _normal(rng, shape[1], SIZE),
        "hidden": _normal(rng, 2 * SIZE, SIZE),
        "last": _normal(rng, SIZE, 1),
        "axis": np.array([1]),
    }
    nodes = [
        helper.make_node("Gather", ["users", "user"], ["of_user"]),
        helper.make_node("Gather", ["items", "item"], ["of_item"]),
        helper.make_node("Concat", ["of_user", "of_item"], ["both"], axis=2),
        helper.make_node("Squeeze", ["both", "axis"], ["flat"]),
        helper.make_node("MatMul", ["flat", "hidden"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["kept"]),
        helper.make_node("MatMul", ["kept", "last"], ["rating"]),
    ]
    inputs = [("user", TensorProto.INT32, 1), ("item", TensorProto.INT32, 1)]
    network = OnnxNetwork(_graph(nodes, stored, inputs, ("rating", 1)))
    return EmbeddingMlpScorer(network, *shape, MinMaxScaler(0.0, 1.0))


def _graph(
    nodes: list[object],
    stored: dict[str, np.ndarray],
    inputs: list[tuple[str, int, int]],
    output: tuple[str, int],
) -> bytes:
    taken = [helper.make_tensor_value_info(name, kind, ["n", width]) for name, kind, width in inputs]
    given = helper.make_tensor_value_info(output[0], TensorProto.FLOAT, ["n", output[1]])
    arrays = [numpy_helper.from_array(value, name) for name, value in stored.items()]
    graph = helper.make_graph(nodes, "large", taken, [given], arrays)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())
