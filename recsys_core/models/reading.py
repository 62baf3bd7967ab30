"""Which attributes a model really reads of a data set, without loading TensorFlow."""

from __future__ import annotations

from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset
from recsys_core.data.one_attribute import Attribute, attributes_in
from recsys_core.models import registry


def readers(data: Dataset) -> list[registry.ModelSpec]:
    """The models that learn from attributes and from data of this kind."""
    return [one for one in registry.models_for(data.kind) if one.attributes]


def read_attributes(model: str, data: Dataset) -> list[Attribute]:
    """The attributes that the model learns from: not those that say nothing, found no room, or are text to it."""
    line = registry.spec(model)
    if not line.attributes:
        return []
    read = set()
    for side in ("items", "users"):
        encoder = AttributeEncoder.fit(getattr(data, side), data.list_columns)
        encoder = encoder if line.texts else encoder.describing
        read |= {Attribute(side, column.name) for column in encoder.columns}
    return [one for one in attributes_in(data) if one in read]
