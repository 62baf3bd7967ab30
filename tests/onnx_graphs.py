"""Small graphs, written by hand: tests of serving need no TensorFlow to make one."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

IR_VERSION, OPSET = 9, 17


def pair_graph(table: np.ndarray, *, flat: bool = False) -> bytes:
    """A network of two ids, both (n, 1) of int32, or (n,): their cell in `table`, as float32 of the same shape."""
    shape = ["n"] if flat else ["n", 1]
    n_items = np.array([table.shape[1]], dtype=np.int32)
    constants = {"cells": table.astype(np.float32).ravel(), "width": n_items}
    nodes = [
        helper.make_node("Mul", ["user", "width"], ["row"]),
        helper.make_node("Add", ["row", "item"], ["place"]),
        helper.make_node("Gather", ["cells", "place"], ["rating"]),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name in ("user", "item")]
    output = helper.make_tensor_value_info("rating", TensorProto.FLOAT, shape)
    stored = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    return made_of(helper.make_graph(nodes, "pair", inputs, [output], stored))


def graph_with_outside_weights(path: str) -> bytes:
    """A graph whose three weights lie in the file `path`."""
    weights = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[3])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", path), ("offset", "0"), ("length", "12")):
        weights.external_data.add(key=key, value=value)
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [3]) for name in ("x", "y")]
    node = helper.make_node("Add", ["x", "weights"], ["y"])
    return made_of(helper.make_graph([node], "outside", value[:1], value[1:], [weights]))


def made_of(graph: object) -> bytes:
    """The bytes of a graph, as they stand in a model's folder."""
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return bytes(made.SerializeToString())
