from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, is_kept, keep_dataset, list_datasets, open_dataset
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


def test_two_who_keep_the_same_name_at_once_leave_one_whole_data_set(
    workspace: Path, tiny_ratings: Dataset
) -> None:
    others = [
        replace(tiny_ratings, interactions=tiny_ratings.interactions.assign(value=float(value)))
        for value in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        for kept in [pool.submit(keep_dataset, one, actor="ada") for one in others * 3]:
            kept.result()
    assert open_dataset("tiny").fingerprint in {one.fingerprint for one in others}
    assert [folder.name for folder in (workspace / "datasets").iterdir()] == ["tiny"]


def test_a_reader_never_meets_the_moment_of_replacing(workspace: Path, tiny_ratings: Dataset) -> None:
    other = replace(tiny_ratings, interactions=tiny_ratings.interactions.assign(value=1.0))
    keep_dataset(tiny_ratings, actor="ada")

    def replace_often() -> None:
        for again in range(30):
            keep_dataset((tiny_ratings, other)[again % 2], actor="ada")

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(replace_often)
        while not writer.done():
            assert [summary.name for summary in list_datasets()] == ["tiny"]
            assert is_kept("tiny")
            assert open_dataset("tiny").interactions["value"].nunique() in (1, 5)
        writer.result()


def test_a_data_set_that_cannot_be_written_leaves_the_old_one(workspace: Path, tiny_ratings: Dataset) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    unwritable = replace(tiny_ratings, cleaning=({"name": object()},))
    with pytest.raises(TypeError, match="not JSON"):
        keep_dataset(unwritable, actor="bob")
    assert open_dataset("tiny").fingerprint == tiny_ratings.fingerprint
    assert [folder.name for folder in (workspace / "datasets").iterdir()] == ["tiny"]


def test_what_a_killed_writer_left_is_swept_away_a_day_later(workspace: Path, tiny_ratings: Dataset) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    old, fresh = (workspace / "datasets" / f".tiny.{mark}.building" for mark in ("old", "fresh"))
    for folder in (old, fresh):
        folder.mkdir()
    os.utime(old, (0, 0))
    keep_dataset(tiny_ratings, actor="ada")
    assert not old.exists()
    assert fresh.exists()
    assert [summary.name for summary in list_datasets()] == ["tiny"]
