from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core import files
from recsys_core.errors import DataError
from tests.helpers import REPOSITORY

BAD_NAMES = [
    "..",
    ".",
    "/",
    "a/b",
    "a\\b",
    "",
    "a" * 200,
    "数据集",
    "a..b",
    ".hidden",
    "a b",
    "a\n",
    "-a",
    "a\0b",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_safe_part_of_a_path_is_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"not a usable name.*letters, digits") as caught:
        files.check_name(name, where="name of a data set")
    assert caught.value.where == "name of a data set"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["a", "ml-100k", "My.data_2", "7", "a" * 80])
def test_a_plain_name_comes_back_as_it_is(name: str) -> None:
    assert files.check_name(name, where="here") == name


def test_a_process_killed_between_write_and_rename_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "status.json"
    files.write_json(target, {"state": "old"})
    program = """
        import os, signal, sys
        from pathlib import Path
        from recsys_core import files
        os.replace = lambda *_paths: os.kill(os.getpid(), signal.SIGKILL)
        files.write_json(Path(sys.argv[1]), {"state": "new"})
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(target)]
    assert subprocess.run(command, cwd=REPOSITORY, check=False, timeout=60).returncode == -9
    assert files.read_json(target)["state"] == "old"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_paths: Path) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "deep" / "a.bin"
    files.write_bytes(target, b"old")
    monkeypatch.setattr("os.replace", disk_full)
    with pytest.raises(OSError, match="No space left"):
        files.write_bytes(target, b"new")
    assert [(path.name, path.read_bytes()) for path in target.parent.iterdir()] == [("a.bin", b"old")]


def test_a_reader_beside_two_writers_never_sees_a_part(tmp_path: Path) -> None:
    target, size = tmp_path / "a.bin", 200_000
    files.write_bytes(target, b"a" * size)

    def write(letter: bytes) -> None:
        for _again in range(60):
            files.write_bytes(target, letter * size)

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, letter) for letter in (b"a", b"b")]
        while not all(writer.done() for writer in writers):
            seen = target.read_bytes()
            assert len(seen) == size
            assert len(set(seen)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_json_comes_back_with_its_format_version(tmp_path: Path) -> None:
    value = {"n": np.int64(3), "x": np.float32(0.5), "list": np.arange(2), "path": Path("a/b"), "text": "数"}
    files.write_json(tmp_path / "a.json", value)
    expected = {"n": 3, "x": 0.5, "list": [0, 1], "path": "a/b", "text": "数"}
    assert files.read_json(tmp_path / "a.json") == {"format_version": files.FORMAT_VERSION} | expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_cannot_hold_is_not_written(tmp_path: Path, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        files.write_json(tmp_path / "a.json", {"value": value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"format_version": "1"}', b'{"format_version": null}'],
)
def test_a_damaged_json_file_is_a_plain_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(DataError, match=r"config\.json: the file is damaged; delete"):
        files.read_json(tmp_path / "config.json")


def test_a_json_file_that_is_missing_or_a_folder_or_below_a_file_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for path, problem in (("none", "missing"), ("folder", "cannot be read"), ("file/x", "cannot be read")):
        with pytest.raises(DataError, match=problem):
            files.read_json(tmp_path / path)


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"format_version": files.FORMAT_VERSION + 1})
    with pytest.raises(DataError, match="newer version of the app; update"):
        files.read_json(tmp_path / "a.json")


def test_tables_and_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    table = pd.DataFrame({"item_id": ["007", "数"], "genres": [["a"], []]})
    files.write_table(tmp_path / "t.parquet", table)
    stored = pd.read_parquet(tmp_path / "t.parquet")
    assert stored["item_id"].tolist() == ["007", "数"]
    assert [list(cell) for cell in stored["genres"]] == [["a"], []]
    arrays = {"counts": np.arange(3), "weights": np.eye(2, dtype=np.float32)}
    files.write_arrays(tmp_path / "a.npz", arrays)
    for name, array in files.read_arrays(tmp_path / "a.npz").items():
        np.testing.assert_array_equal(array, arrays[name])


def test_arrays_of_objects_are_neither_written_nor_read(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}], dtype=object)
    with pytest.raises(TypeError, match="never written"):
        files.write_arrays(tmp_path / "a.npz", {"objects": objects})
    assert list(tmp_path.iterdir()) == []
    np.savez(tmp_path / "foreign.npz", objects=objects)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        files.read_arrays(tmp_path / "foreign.npz")


def test_the_checksum_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert files.sha256_of(tmp_path / "a") == known == hashlib.sha256(b"abc").hexdigest()
