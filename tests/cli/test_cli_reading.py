"""`import` reads files of any writing: what it finds, and what a person may say."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cli.conftest import PLAIN, ROWS, Command
from tests.cli.importing import COLUMNS_OF_PLAIN, imported, refused, steps_of


def _zip(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name + ".csv", text)
    return path


def test_the_table_inside_a_zip_is_named(folder: Path, workspace: Path, command: Command) -> None:
    both = _zip(folder / "both.zip", ratings=PLAIN, other="a,b\nc,d\n")
    refused(command, workspace, both).refused("both.zip", "2 tables: ratings.csv, other.csv", "name one")
    assert refused(command, workspace, both, "--member", "gone.csv").refused(
        "both.zip", "no table 'gone.csv'", "name one of: ratings.csv, other.csv"
    )
    assert imported(command, both, "--member", "ratings.csv")["rows"] == 5
    assert imported(command, _zip(folder / "one.zip", ratings=PLAIN))["rows"] == 5


@pytest.mark.parametrize(
    ("content", "options", "read"),
    [
        (PLAIN.replace("ann", "é").encode("latin-1"), (), {"encoding": "cp1252", "separator": ","}),
        (PLAIN.replace("ann", "é").encode("latin-1"), ("--encoding", "LATIN-1"), {"encoding": "latin-1"}),
        (PLAIN.replace("ann", "é").encode("utf-16"), (), {"encoding": "utf-16"}),
        (PLAIN.replace("ann", "я").encode("cp1251"), ("--encoding", "cp1251"), {"encoding": "cp1251"}),
        (gzip.compress(PLAIN.encode(), mtime=0), (), {"separator": ","}),
        (PLAIN.replace(",", "\t").encode(), ("--separator", "tab"), {"separator": "\t"}),
        (PLAIN.replace(",", "  ").encode(), ("--separator", "space"), {"separator": " "}),
        (PLAIN.replace(",", "::").encode(), ("--separator", "::"), {"separator": "::"}),
        ("\n".join(ROWS).encode(), ("--no-header",), {"header": False, "why": "you said so"}),
        (("x,y,z\n" + "\n".join(ROWS)).encode(), ("--header",), {"header": True}),
    ],
)
def test_how_a_file_is_written_is_found_or_said(
    folder: Path, command: Command, content: bytes, options: tuple[str, ...], read: dict[str, Any]
) -> None:
    (folder / "file").write_bytes(content)
    made = imported(command, folder / "file", *options)
    assert (made["rows"], made["users"], made["items"], made["kind"]) == (5, 3, 3, "rating")
    assert {key: made["read"].get(key) for key in read} == read


def test_parquet_needs_no_reading(folder: Path, command: Command) -> None:
    pd.read_csv(io.StringIO(PLAIN)).to_parquet(folder / "plain.parquet")
    made = imported(command, folder / "plain.parquet")
    assert (made["rows"], made["read"]) == (5, {})
    assert made["recipe"]["columns"]["value"] == "rating"


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--separator", "!"), ("separator", "'!'", "use one of")),
        (("--encoding", "klingon"), ("encoding", "'klingon'", "utf-8")),
        (("--encoding", "utf-16"), ("plain.csv",)),
    ],
)
def test_a_way_of_writing_that_is_none_isrefused(
    folder: Path, workspace: Path, command: Command, options: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    refused(command, workspace, folder / "plain.csv", *options).refused(*parts)


def test_rows_that_do_not_fit_are_left_out_when_asked(
    folder: Path, workspace: Path, command: Command
) -> None:
    (folder / "ragged.csv").write_text(PLAIN + "dan,i1\neve,i1,2,x\neve,i2,4\n")
    refused(command, workspace, folder / "ragged.csv").refused("ragged.csv, row 7", "2 cells", "left out")
    made = imported(command, folder / "ragged.csv", "--skip-bad-rows")
    assert steps_of(made)["unfit"] == (8, 6)
    assert made["rows"] == 6
    assert made["recipe"]["reading"]["skip_bad_rows"] is True


def test_cells_that_cannot_be_read_count_as_missing_when_asked(folder: Path, command: Command) -> None:
    (folder / "junk.csv").write_text(PLAIN + "dan,i1,soon\n")
    made = imported(command, folder / "junk.csv", *COLUMNS_OF_PLAIN, "--unreadable-as-missing")
    assert steps_of(made)["missing"] == (6, 5)
    assert made["recipe"]["unreadable"] == "missing"
