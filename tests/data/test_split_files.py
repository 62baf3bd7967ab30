"""The rows of a split as files: every row once, ids that come back as they were."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.split_files import split_tables, write_split, zipped_split
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError

ODD = ["=1+1", '"quoted", with comma', "007", "two\nlines", "ü 中", "-5"]


@pytest.fixture
def odd() -> Dataset:
    rows = [(user, item, 1.0 + (n + m) % 5) for n, user in enumerate(ODD) for m, item in enumerate(ODD)]
    return make_dataset("odd", Kind.RATING, pd.DataFrame(rows, columns=["user_id", "item_id", "value"]))


def test_what_is_written_comes_back_row_by_row(odd: Dataset, tmp_path: Path) -> None:
    split = make_split(odd, SplitSpec("user-random", 0.3, 1))
    counts = write_split(split, tmp_path / "out")
    assert counts == {"train.csv": len(split.known_rows), "test.csv": len(split.test)}
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["test.csv", "train.csv"]
    for name, rows in (("train.csv", split.known_rows), ("test.csv", split.test)):
        table = read_table(tmp_path / "out" / name, name=name)
        users, items, values = split.triples(rows)
        assert odd.user_rows(table["user_id"].to_numpy()).tolist() == users.tolist()
        assert odd.item_rows(table["item_id"].to_numpy()).tolist() == items.tolist()
        assert table["value"].astype(float).tolist() == values.tolist()


def test_revealed_rows_of_held_out_people_may_be_learned_from(tiny_ratings: Dataset) -> None:
    split = make_split(tiny_ratings, SplitSpec("cold-user", 1, 0))
    tables = split_tables(split)
    assert len(tables["train.csv"]) + len(tables["test.csv"]) == len(tiny_ratings.interactions)
    assert list(tables["test.csv"]) == ["user_id", "item_id", "value", "timestamp"]


def test_the_archive_holds_both(odd: Dataset) -> None:
    split = make_split(odd, SplitSpec("random", 0.2, 3))
    with zipfile.ZipFile(io.BytesIO(zipped_split(split))) as archive:
        assert archive.namelist() == ["train.csv", "test.csv"]
        assert "=1+1" in archive.read("train.csv").decode()


def test_a_folder_that_cannot_be_made_is_refused(odd: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_split(make_split(odd, SplitSpec()), tmp_path / "no" / "such")
