"""The graph of a network over whole histories, made to compute with some items only.

A history network multiplies (n, n_items) by weights of the same height and ends with weights of the same width. Where
that is all that knows the catalogue, the rows of the items in the histories and the columns of the items asked for
are enough, and the cost no longer grows with the catalogue.
"""

from __future__ import annotations

from typing import Any

CHOSEN, WANTED = "chosen_items", "wanted_items"


def part_graph(content: bytes, n_items: int) -> bytes | None:
    """The graph with two more inputs, int64: rows of the items in the histories (c,) and of those asked for (m,).

    Its input is (n, c) instead of (n, n_items), its output (n, m). None where it is no such graph.
    """
    import onnx

    model = onnx.load_model_from_string(content)
    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        return None
    catalogue = [one for one in graph.initializer if n_items in one.dims]
    cuts = [_cut(one, [node for node in graph.node if one.name in node.input], n_items) for one in catalogue]
    if any(cut is None for cut in cuts):
        return None
    part = {one.name: f"{one.name}/part" for one in catalogue}
    for node in graph.node:
        renamed = [part.get(name, name) for name in node.input]
        del node.input[:]
        node.input.extend(renamed)
    for place, (name, cut) in enumerate(zip(part, cuts, strict=True)):
        index, axis = cut or ("", 0)
        graph.node.insert(place, onnx.helper.make_node("Gather", [name, index], [part[name]], axis=axis))
    for value, width in ((graph.input[0], CHOSEN), (graph.output[0], WANTED)):
        value.type.tensor_type.shape.dim[1].Clear()
        value.type.tensor_type.shape.dim[1].dim_param = width
    for name in (CHOSEN, WANTED):
        graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, [name]))
    del graph.value_info[:]
    return bytes(model.SerializeToString())


def _cut(weights: Any, readers: list[Any], n_items: int) -> tuple[str, int] | None:
    """Which items some weights of the catalogue's size are cut to, and along which axis; None: cannot be said."""
    sizes, kinds = list(weights.dims), {one.op_type for one in readers}
    if len(sizes) == 1 and kinds == {"Add"}:
        return WANTED, 0
    if len(sizes) != 2 or sizes[0] == sizes[1] or kinds != {"MatMul"}:
        return None
    if any(one.input[1] != weights.name for one in readers):
        return None
    return (CHOSEN, 0) if sizes[0] == n_items else (WANTED, 1)
