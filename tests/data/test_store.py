from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset, list_datasets, open_dataset
from recsys_core.errors import DataError, NotFound


def test_a_kept_data_set_is_listed_and_opens(workspace: Path, tiny_ratings: Dataset) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    summary = list_datasets()[0]
    assert (summary.name, summary.kind, summary.rows, summary.users, summary.items) == (
        "tiny",
        "rating",
        12,
        4,
        6,
    )
    assert open_dataset("tiny").fingerprint == tiny_ratings.fingerprint
    assert files.read_json(workspace / "datasets" / "tiny" / "kept.json")["actor"] == "ada"


def test_keeping_again_replaces_and_leaves_nothing_half_written(
    workspace: Path, tiny_ratings: Dataset
) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    keep_dataset(tiny_ratings, actor="bob")
    assert [folder.name for folder in (workspace / "datasets").iterdir()] == ["tiny"]
    assert files.read_json(workspace / "datasets" / "tiny" / "kept.json")["actor"] == "bob"


def test_an_unknown_name_is_answered_with_the_known_ones(workspace: Path, tiny_ratings: Dataset) -> None:
    with pytest.raises(NotFound, match="none yet"):
        open_dataset("nothing")
    keep_dataset(tiny_ratings, actor="ada")
    with pytest.raises(NotFound, match="choose one of: tiny"):
        open_dataset("nothing")


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a" * 81, "a..b", "née"])
def test_a_name_that_could_leave_the_folder_is_refused(workspace: Path, name: str) -> None:
    with pytest.raises(DataError, match="not a usable name"):
        open_dataset(name)


def test_a_damaged_data_set_does_not_hide_the_others(workspace: Path, tiny_ratings: Dataset) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    keep_dataset(tiny_ratings.renamed("broken"), actor="ada")
    (workspace / "datasets" / "broken" / "dataset.json").write_text("{")
    assert [summary.name for summary in list_datasets()] == ["tiny"]


def test_deleting_removes_it_and_asks_for_an_actor(workspace: Path, tiny_ratings: Dataset) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    with pytest.raises(ValueError, match="actor"):
        delete_dataset("tiny", actor="")
    delete_dataset("tiny", actor="ada")
    assert list_datasets() == []
    with pytest.raises(NotFound, match="no data set 'tiny'"):
        delete_dataset("tiny", actor="ada")
