from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core.errors import DataError
from recsys_core.workspace import DEFAULT, subfolder, workspace
from tests.helpers import REPOSITORY


def test_the_workspace_is_where_the_environment_says_and_made_when_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "a" / "b"))
    assert workspace() == tmp_path / "a" / "b"
    assert subfolder("runs").is_dir()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RECSYS_WORKSPACE", "~/studio")
    assert workspace() == tmp_path / "studio"


def test_a_relative_workspace_does_not_move_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECSYS_WORKSPACE", "studio")
    assert workspace() == tmp_path / "studio"


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_workspace_that_cannot_be_made_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "file" / below))
    with pytest.raises(DataError, match=r"cannot be used .*; set RECSYS_WORKSPACE to a folder"):
        workspace()


def test_the_default_lies_beside_the_app() -> None:
    assert DEFAULT == REPOSITORY / "workspace"
