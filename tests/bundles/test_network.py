"""A network of somebody else: only numbers are taken out of it, and only where the file is what Keras writes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from recsys_core.bundles.network import SETTINGS, WEIGHTS, check_keras
from recsys_core.errors import DataError
from tests.bundled import Members, Sample, member, zipped
from tests.bundles.conftest import Bring, Refuse
from tests.conftest import Studio

KERAS = "model/model.keras"
MODEL = "history_encoder"


@pytest.fixture
def inside(samples: dict[str, Sample]) -> Members:
    """The members of a good network."""
    with zipfile.ZipFile(io.BytesIO(samples[MODEL].members[KERAS])) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def first_layer(settings: dict[str, Any], kind: str) -> dict[str, Any]:
    """The description of the first layer of a kind."""
    found: dict[str, Any] = next(one for one in settings["config"]["layers"] if one["class_name"] == kind)
    return found


LAYERS: dict[str, dict[str, Any]] = {
    "lambda": {"class_name": "Lambda"},
    "custom": {"module": "evil.layers", "class_name": "Layer", "registered_name": "evil>Layer"},
    "registered": {"registered_name": "evil>Dense"},
    "module": {"module": "os", "class_name": "System"},
    "inner module": {"module": "keras.src.saving.serialization_lib"},
    "unsafe": {"module": "keras.src.utils.file_utils", "class_name": "Get_file"},
    "function": {"class_name": "function", "module": "builtins"},
    "no module": {"module": None},
    "savedmodel": {"class_name": "TFSMLayer"},
    "vocabulary": {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    "wrapped": {"class_name": "TorchModuleWrapper"},
    "list": {"class_name": ["Dense"]},
}


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_that_is_not_plain_is_refused_unread(
    kind: str, inside: Members, samples: dict[str, Sample], refuse: Refuse
) -> None:
    settings = json.loads(inside[SETTINGS])
    first_layer(settings, "Dense").update(LAYERS[kind])
    network = zipped({**inside, SETTINGS: json.dumps(settings).encode()})
    refuse(samples[MODEL].changed(member(KERAS, network)), "plain layer of Keras")


def test_a_lambda_as_keras_writes_it_is_refused_and_never_run(
    samples: dict[str, Sample], refuse: Refuse, tmp_path: Path
) -> None:
    import keras

    caught = tmp_path / "caught"
    made = keras.Sequential(
        [keras.Input((30,)), keras.layers.Lambda(lambda row: row * 1.0), keras.layers.Dense(30)]
    )
    made.save(tmp_path / "evil.keras")
    network = (tmp_path / "evil.keras").read_bytes()
    refuse(samples[MODEL].changed(member(KERAS, network)), "Lambda")

    class Evil(keras.layers.Dense):
        def call(self, row: Any) -> Any:
            caught.touch()
            return super().call(row)

    made = keras.Sequential([keras.Input((30,)), Evil(30)])
    caught.unlink(missing_ok=True)
    made.save(tmp_path / "evil.keras")
    refuse(samples[MODEL].changed(member(KERAS, (tmp_path / "evil.keras").read_bytes())), "Evil")
    assert not caught.exists()


@pytest.mark.parametrize("package", ["", "extra/../../evil.py", "assets/vocabulary.txt"])
def test_a_file_that_keras_does_not_write_is_refused(
    package: str, inside: Members, samples: dict[str, Sample], refuse: Refuse
) -> None:
    broken = {**inside, package: b"x"} if package else {WEIGHTS: inside[WEIGHTS]}
    refuse(samples[MODEL].changed(member(KERAS, zipped(broken))), KERAS, "as Keras writes it")
    refuse(samples[MODEL].changed(member(KERAS, zipped(inside, packed=True))), "as Keras writes it")
    refuse(samples[MODEL].changed(member(KERAS, b"no zip")), "as Keras writes it")


Draw = Callable[[h5py.File, Path], None]


def _virtual(stored: h5py.File, path: Path) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(str(path), "x", (3,))
    stored.create_virtual_dataset("v", layout)


def _circle(stored: h5py.File, _path: Path) -> None:
    inner = stored.create_group("a")
    inner["again"] = stored["a"]


WEIGHT_FILES: dict[str, Draw] = {
    "link to another file": lambda stored, path: stored.__setitem__("x", h5py.ExternalLink(str(path), "/x")),
    "link inside": lambda stored, _path: stored.__setitem__("x", h5py.SoftLink("/layers")),
    "numbers in another file": lambda stored, path: stored.create_dataset(
        "x", (4,), "f4", external=[(str(path), 0, 16)]
    ) and None,
    "a view of another file": _virtual,
    "packed": lambda stored, _path: stored.create_dataset(
        "x", data=np.zeros(9_000_000), compression="gzip"
    ) and None,
    "not filled": lambda stored, _path: stored.create_dataset("x", (10**12,), "f4") and None,
    "not finite": lambda stored, _path: stored.create_dataset("x", data=np.array([np.nan])) and None,
    "texts": lambda stored, _path: stored.create_dataset("x", data=["text"]) and None,
    "a circle": _circle,
    "very many": lambda stored, _path: [stored.create_group(f"g{n}") for n in range(1100)] and None,
}  # fmt: skip


@pytest.mark.parametrize("kind", WEIGHT_FILES)
def test_weights_that_reach_out_or_swell_are_refused(kind: str, inside: Members, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(64))
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as stored:
        WEIGHT_FILES[kind](stored, tmp_path / "secret")
    with pytest.raises(DataError, match="weights cannot be used"):
        check_keras(zipped({**inside, WEIGHTS: buffer.getvalue()}), KERAS)
    with pytest.raises(DataError, match="weights cannot be used"):
        check_keras(zipped({**inside, WEIGHTS: b"no weights"}), KERAS)


def reweighted(inside: Members, change: Callable[[np.ndarray], np.ndarray | None]) -> bytes:
    """The network with other weights."""
    buffer = io.BytesIO()

    def copy(name: str, one: h5py.Dataset | h5py.Group) -> None:
        if isinstance(one, h5py.Dataset) and (changed := change(one[()])) is not None:
            target.create_dataset(name, data=changed)

    with h5py.File(io.BytesIO(inside[WEIGHTS])) as source, h5py.File(buffer, "w") as target:
        source.visititems(copy)
    return zipped({**inside, WEIGHTS: buffer.getvalue()})


def test_weights_of_another_network_and_weights_that_were_changed_are_refused(
    inside: Members, samples: dict[str, Sample], refuse: Refuse
) -> None:
    sealed = samples[MODEL].changed
    refuse(sealed(member(KERAS, reweighted(inside, lambda found: found[:-1]))), KERAS, "do not fit")
    refuse(sealed(member(KERAS, samples["embedding_mlp"].members[KERAS])), KERAS, "do not fit")
    nothing = reweighted(inside, lambda _found: None)  # Keras itself would go on with the weights it drew
    refuse(sealed(member(KERAS, nothing)), KERAS, "do not fit")
    refuse(sealed(member(KERAS, reweighted(inside, lambda found: -found))), "does not give what it states")


def test_what_a_file_says_of_layers_is_never_used(
    inside: Members, samples: dict[str, Sample], elsewhere: Path, bring: Bring, studio: Studio
) -> None:
    settings = json.loads(inside[SETTINGS])
    first_layer(settings, "Dense")["config"]["units"] = 10**9
    network = zipped({**inside, SETTINGS: json.dumps(settings).encode()})
    check_keras(network, KERAS)
    path = elsewhere / "run.zip"
    path.write_bytes(samples[MODEL].changed(member(KERAS, network)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(elsewhere))
        from recsys_core.bundles.importing import import_bundle

        run = import_bundle(path, actor="test").run
        kept = (run.folder / KERAS).read_bytes()
        measured = run.measured()["metrics"]
    assert str(10**9).encode() not in kept
    theirs = json.loads((studio.folder / "runs" / samples[MODEL].run / "metrics.json").read_text())["metrics"]
    assert measured == pytest.approx(theirs, abs=1e-9)
