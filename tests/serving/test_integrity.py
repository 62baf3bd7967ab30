"""A model folder is loaded only when it is exactly what was written, and never runs what is in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.serving.baselines import EaseScorer, PopularityScorer
from recsys_core.serving.load import load_scorer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished popularity model: `serving.json` and `arrays.npz`."""
    PopularityScorer(3, np.array([4.0, 2.0, 1.0])).save(tmp_path)
    return tmp_path


def _rewrite(folder: Path, **changed: Any) -> None:
    manifest = files.read_json(folder / "serving.json")
    files.write_json(folder / "serving.json", {**manifest, **changed})


def _vouch_for(folder: Path) -> None:
    """States the checksums of the files as they are now, as somebody who forges a model would."""
    _rewrite(folder, sha256={"arrays.npz": files.sha256_of(folder / "arrays.npz")})


def test_an_untouched_folder_loads(folder: Path) -> None:
    assert load_scorer(folder).score_catalogue(np.array([0])).tolist() == [[4.0, 2.0, 1.0]]


def test_the_manifest_states_what_it_holds(folder: Path) -> None:
    manifest = files.read_json(folder / "serving.json")
    assert manifest["sha256"] == {"arrays.npz": files.sha256_of(folder / "arrays.npz")}
    assert (manifest["form"], manifest["n_users"], manifest["n_items"]) == ("popularity", 3, 3)
    assert manifest["can"] == {
        "ratings": False,
        "ranking": True,
        "new_users": True,
        "personal": False,
        "network": False,
        "ordered": False,
        "attributes": False,
        "new_items": False,
        "fixed": False,
    }


def test_a_wrong_checksum_is_refused(folder: Path) -> None:
    _rewrite(folder, sha256={"arrays.npz": "0" * 64})
    with pytest.raises(DataError, match=r"arrays.npz: the model file is missing or was changed"):
        load_scorer(folder)


@pytest.mark.parametrize("stated", [{}, None, "all fine", []])
def test_a_file_without_a_checksum_is_refused(folder: Path, stated: object) -> None:
    _rewrite(folder, sha256=stated)
    with pytest.raises(DataError, match="has no checksum"):
        load_scorer(folder)


def test_a_file_put_beside_the_model_is_refused(folder: Path) -> None:
    (folder / "network.onnx").write_bytes(b"anything")
    with pytest.raises(DataError, match="has no checksum"):
        load_scorer(folder)


@pytest.mark.parametrize("name", ["../arrays.npz", "/etc/hostname", ".hidden", "a/b.npz"])
def test_a_name_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    stated = files.read_json(folder / "serving.json")["sha256"]
    _rewrite(folder, sha256={**stated, name: "0" * 64})
    with pytest.raises(DataError, match="not a usable name"):
        load_scorer(folder)


@pytest.mark.parametrize("form", ["os:system", "recsys_core.files:write_json", "", None, ["popularity"]])
def test_only_the_forms_of_the_table_are_opened(folder: Path, form: object) -> None:
    _rewrite(folder, form=form)
    with pytest.raises(DataError, match="no serving form of this version"):
        load_scorer(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    _rewrite(folder, format_version=files.FORMAT_VERSION + 1)
    with pytest.raises(DataError, match="newer version"):
        load_scorer(folder)


class _Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_an_array_of_objects_is_refused_and_never_unpickled(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "run"
    np.savez(folder / "arrays.npz", counts=np.array([_Trap(mark)], dtype=object))
    _vouch_for(folder)
    with pytest.raises(DataError, match="cannot be read"):
        load_scorer(folder)
    assert not mark.exists()
    with np.load(folder / "arrays.npz", allow_pickle=True) as opened:
        opened["counts"]
    assert mark.exists()  # the trap works: only refusing to unpickle kept it shut


def test_arrays_of_objects_are_never_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="never written"):
        files.write_arrays(tmp_path / "a.npz", {"x": np.array([{}], dtype=object)})
    assert list(tmp_path.iterdir()) == []


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _without_its_array(path: Path) -> None:
    np.savez(path, other=np.ones(3))


@pytest.mark.parametrize("damage", [_empty, _cut, _without_its_array])
def test_damage_that_the_checksum_covers_up_is_still_a_plain_error(folder: Path, damage: Any) -> None:
    damage(folder / "arrays.npz")
    _vouch_for(folder)
    with pytest.raises(DataError, match="cannot be read"):
        load_scorer(folder)


@pytest.mark.parametrize("field", ["n_users", "n_items"])
def test_a_manifest_that_lacks_a_size_is_a_plain_error(tmp_path: Path, field: str) -> None:
    EaseScorer(np.eye(2, dtype=np.float32), csr_matrix(np.eye(2, dtype=np.float32))).save(tmp_path)
    manifest = files.read_json(tmp_path / "serving.json")
    del manifest[field]
    files.write_json(tmp_path / "serving.json", manifest)
    with pytest.raises(DataError, match="cannot be read"):
        load_scorer(tmp_path)


def test_saving_again_over_an_older_model_is_consistent(folder: Path) -> None:
    PopularityScorer(3, np.array([1.0, 5.0, 2.0])).save(folder)
    assert load_scorer(folder).score_catalogue(np.array([0])).tolist() == [[1.0, 5.0, 2.0]]
