"""What a `.keras` may be that somebody else wrote: three members, known layers, plain numbers. Nothing of it is run here.

Whoever builds the model again takes only numbers out of it (`models.keras_base.Network.restored`); these checks come
first, so that a file that asks for more is refused in words.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import numpy as np

from recsys_core.bundles.checked import checked_json, refused
from recsys_core.i18n import N_, _

SETTINGS, WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = {SETTINGS, WEIGHTS, "metadata.json"}
MOST_CONFIG = 1_000_000
MOST_WEIGHTS = 1000
DEEPEST = 12
_MODULES = re.compile(
    r"keras|keras\.(layers|initializers|regularizers|constraints)|keras\.src\.(ops|models)\.\w+"
)
_CLASSES = re.compile(r"[A-Z]\w{0,39}|__keras_tensor__")
_NEVER = {"Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer", "StringLookup", "IntegerLookup",
          "TextVectorization", "Hashing", "HashedCrossing"}  # fmt: skip
"""Layers that run code of the file, or open files that it names."""
_ASKS = N_("its network asks for {name}, which is no plain layer of Keras")


def check_keras(content: bytes, where: str, *, own: bool = False) -> None:
    """Refuses a `.keras` that is anything but a network of plain layers and its weights; raises DataError.

    Args:
        own: it is a network of one's own, whose package is installed here: which layers it has is left to that.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            names = [one.filename for one in infos]
            packed = any(one.compress_type != zipfile.ZIP_STORED for one in infos)
            too_much = sum(one.file_size for one in infos) > len(content)
            if sorted(names) != sorted(_MEMBERS) or packed or too_much:
                raise refused(_("it is no network as Keras writes it"), where)
            described, weights = archive.read(SETTINGS), archive.read(WEIGHTS)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError, KeyError):
        raise refused(_("it is no network as Keras writes it"), where) from None
    settings = checked_json(described, where, most=MOST_CONFIG, deepest=40)
    if not own:
        _check_layers(settings, where)
    _check_weights(weights, where)


def _check_layers(value: Any, where: str) -> None:
    """Every class that is named, anywhere, is one of Keras' own and plain."""
    if isinstance(value, dict):
        name = value.get("class_name")
        if name is not None or "module" in value:
            _check_class(name, value.get("module"), value.get("registered_name"), where)
        for inner in value.values():
            _check_layers(inner, where)
    elif isinstance(value, list):
        for inner in value:
            _check_layers(inner, where)


def _check_class(name: object, module: object, registered: object, where: str) -> None:
    plain = isinstance(name, str) and _CLASSES.fullmatch(name) and name not in _NEVER
    known = (module is None and name == "__keras_tensor__") or (
        isinstance(module, str) and _MODULES.fullmatch(module)
    )
    if not plain or not known or registered not in (None, name):
        raise refused(_(_ASKS).format(name=repr(str(name)[:40])), where)


def _check_weights(content: bytes, where: str) -> None:
    """Every weight is an array of plain, finite numbers that lies in the file itself."""
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as stored:
            left, seen = [(stored, 0)], 0
            while left:
                group, depth = left.pop()
                for name in group:
                    seen += 1
                    if seen > MOST_WEIGHTS or depth > DEEPEST:
                        raise ValueError("more parts than a network has")
                    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                        raise ValueError("a link out of the file")
                    inner = group[name]
                    if isinstance(inner, h5py.Group):
                        left.append((inner, depth + 1))
                    else:
                        _check_array(inner, len(content))
    except (ValueError, OSError, KeyError, RuntimeError, TypeError, AttributeError, MemoryError):
        raise refused(_("its weights cannot be used"), where) from None


def _check_array(array: Any, length: int) -> None:
    where_from = array.is_virtual or array.external
    packed = array.chunks is not None or array.compression is not None
    if where_from or packed or array.dtype.kind not in "fiu" or array.nbytes > length:
        raise ValueError("numbers that do not lie there as they are")
    if not np.isfinite(array[()]).all():
        raise ValueError("a number that is not finite")
