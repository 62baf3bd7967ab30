from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recsys_core.data.store import open_dataset
from tests.cli.conftest import COLUMNS, Command
from tests.conftest import Studio
from tests.helpers import REPOSITORY, contents
from tests.web import Reply, web


def test_sources_tells_what_each_is_and_its_terms(workspace: Path, command: Command) -> None:
    listed = command("sources", "--json").json["sources"]
    assert len(listed) == 9
    for one in listed:
        assert {"kind", "rows", "users", "items", "megabytes", "licence", "cached", "url"} <= set(one)
        assert one["terms"]
    plain = command("sources")
    assert plain.code == 0
    for one in listed:
        assert all(
            one[field] in plain.out for field in ("name", "title", "terms", "licence", "citation", "url")
        )


def test_fetch_brings_a_source_into_the_workspace(workspace: Path, command: Command) -> None:
    fetched = command("fetch", "simulated-rating", "--json").json
    data = open_dataset("simulated-rating")
    assert fetched == {
        "name": "simulated-rating",
        "kind": "rating",
        "rows": len(data.interactions),
        "users": data.n_users,
        "items": data.n_items,
    }
    listed = command("sources", "--json").json["sources"]
    assert [one["name"] for one in listed if one["cached"]] == ["simulated-rating"]


def test_fetch_for_the_app_prints_its_events_as_lines_of_json(workspace: Path, command: Command) -> None:
    answer = command("fetch", "simulated-rating", "--events")
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert (answer.code, answer.err) == (0, "")
    assert [event["status"] for event in events] == ["started", "keeping", "done"]
    assert {event["source"] for event in events} == {"simulated-rating"}


def test_fetch_out_of_reach_is_one_line_that_says_where_the_file_may_be_put(
    workspace: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_MIRROR", "http://127.0.0.1:9/mirror")
    command("fetch", "movielens-1m").refused(
        "movielens-1m", "127.0.0.1", "put ml-1m.zip into the folder 'cache'"
    )
    assert not list((workspace / "datasets").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_fetch_can_be_ended_and_leaves_no_partial_file(workspace: Path, number: int) -> None:
    with web({"/online_retail_ii.zip": Reply(bytes(10**7), held=threading.Event())}) as address:
        started = subprocess.Popen(
            [sys.executable, "-m", "recsys_core", "fetch", "online-retail", "--events"],
            cwd=REPOSITORY,
            env=os.environ | {"RECSYS_WORKSPACE": str(workspace), "RECSYS_MIRROR": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert started.stdout is not None
        downloading = next(line for line in started.stdout if '"downloading"' in line)
        assert json.loads(downloading)["of"] == 10**7
        started.send_signal(number)
        _out, err = started.communicate(timeout=20)
    assert (started.returncode, err) == (130, "stopped\n")
    assert not [path for path in (workspace / "cache").iterdir() if path.suffix in {".zip", ".part"}]
    assert not list((workspace / "datasets").iterdir())


def test_an_unknown_source_is_answered_with_the_known_ones(workspace: Path, command: Command) -> None:
    command("fetch", "movielens-9z").refused("no source 'movielens-9z'", "movielens-100k, movielens-1m")


def test_import_makes_a_data_set_of_a_file_with_its_own_columns(
    workspace: Path, command: Command, ratings_csv: Path
) -> None:
    items = ("--items", ratings_csv.with_name("things.csv"))
    made = command("import", ratings_csv, "--name", "shop", *COLUMNS, *items, "--json").json
    assert {key: made[key] for key in ("name", "kind", "rows", "users", "items")} == {
        "name": "shop",
        "kind": "rating",
        "rows": 21,
        "users": 6,
        "items": 5,
    }
    assert [step["rows_after"] for step in made["cleaning"]] == [21, 21, 21]
    data = open_dataset("shop")
    assert data.items["item_id"].tolist() == ["001", "002", "003", "004", "005"]
    assert data.items["title"][0] == "Thing, number 1"
    assert data.users["user_id"].tolist() == ["ann", "bob", "cem", "dee", "eve", "fay"]
    assert data.has_time


def test_datasets_prints_exactly_what_scripts_rely_on(studio: Studio, command: Command) -> None:
    row = {"name": "little", "kind": "rating", "rows": len(studio.data.interactions)}
    row |= {"users": studio.data.n_users, "items": studio.data.n_items}
    assert command("datasets", "--json").json == {"datasets": [row]}
    assert "little" in command("datasets").out


def test_audit_counts_what_a_split_tests(studio: Studio, command: Command) -> None:
    found = command("audit", "--data", "little", "--split", "last:1", "--json").json
    assert found["split"] == "last:1"
    assert found["train"] + found["valid"] + found["test"] == len(studio.data.interactions)
    assert found["pairs_in_both"] == 0
    assert command("audit", "--data", "little").code == 0


BAD_FILES = {
    "empty.csv": (b"", "the file is empty"),
    "header.csv": (b"user,item\n", "no row"),
    "image.csv": (b"\x89PNG\r\n\x1a\n\0\0\0", "this is a file of type PNG"),
    "alone.csv": (b"user,item\nann,a\nann,b\n", "column 'user': there is only one user"),
    "equal.csv": (
        b"user,item,when\nann,a,2020-01-01\nbob,b,9999-12-31\n",
        "row 3, column 'when': '9999-12-31' lies",
    ),
    "ragged.csv": (b"user,item\nann,a\nbob,b,c\n", "row 3"),
    "one.csv": (b"user\nann\n", "only one column"),
    "words.csv": (b"user,item,rating\nann,a,5\nbob,b,five\n", "row 3, column 'rating'"),
}


@pytest.mark.parametrize("name", list(BAD_FILES))
def test_a_file_that_is_no_table_is_refused_by_name_and_place(
    workspace: Path, command: Command, tmp_path: Path, name: str
) -> None:
    content, complaint = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    line = command("import", tmp_path / name, "--name", "shop").refused(name, complaint)
    assert "; " in line  # what to do
    assert contents(workspace) == {}


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--user", "nosuch"), ("orders.csv", "no column 'nosuch'", "who, what, stars_given, at")),
        (
            ("--user", "at", "--item", "what", "--value", "who"),
            ("row 2, column 'who'", "'ann' is not a number"),
        ),
        (("--user", "what", "--item", "what"), ("orders.csv", "assigned twice")),
        (("--kind", "stars"), ("--kind", "'stars'", "rating or implicit")),
        (("--kind", "click"), ("row 2, column 'stars_given'", "5 is neither 0 nor 1")),
        (("--step", "k_core=maybe"), ("--step k_core", "'maybe'")),
        (("--step", "polish=on"), ("no step 'polish'", "k_core")),
        (("--step", "k_core.users=0"), ("k_core: users", "whole number")),
        (("--scaling", "loud"), ("scaling", "min-max, z-score, log")),
        (("--recipe", "nowhere.json"), ("nowhere.json", "no such file")),
        (
            ("--kind", "rating", "--user", "who", "--item", "what"),
            ("need a value column", "another kind of feedback"),
        ),
        (("--items", "nowhere.csv"), ("nowhere.csv", "no such file")),
    ],
)
def test_a_wrong_column_kind_or_side_file_is_refused(
    workspace: Path, command: Command, ratings_csv: Path, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    command("import", ratings_csv, "--name", "shop", *arguments).refused(*parts)
    assert contents(workspace) == {}


@pytest.mark.parametrize("name", ["../up", "", "a/b", "数据", "x" * 200])
def test_a_name_that_is_no_name_is_refused(
    workspace: Path, command: Command, ratings_csv: Path, name: str
) -> None:
    command("import", ratings_csv, "--name", name).refused("not a usable name", "letters, digits")
    assert sorted(path.name for path in workspace.parent.iterdir()) == ["orders.csv", "things.csv"]


def test_a_missing_file_is_refused(workspace: Path, command: Command, tmp_path: Path) -> None:
    command("import", tmp_path / "none.csv", "--name", "shop").refused("none.csv: there is no such file")
    command("import", tmp_path, "--name", "shop").refused("there is no such file")


def test_a_refused_import_leaves_the_data_set_of_that_name_as_it_was(
    workspace: Path, command: Command, ratings_csv: Path, tmp_path: Path
) -> None:
    command("import", ratings_csv, "--name", "shop", *COLUMNS)
    before = contents(workspace / "datasets")
    (tmp_path / "bad.csv").write_text("user,item,rating\nann,a,five\n")
    command("import", tmp_path / "bad.csv", "--name", "shop").refused("'five' is not a number")
    assert contents(workspace / "datasets") == before


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("nosuch",), ("recsys_core", "nosuch", "recsys_core --help")),
        (("fetch",), ("recsys_core fetch", "Missing argument", "recsys_core fetch --help")),
        (("datasets", "--colour"), ("--colour", "recsys_core datasets --help")),
        (("train", "--model", "ease", "--data", "x", "--k", "ten"), ("--k", "recsys_core train --help")),
        (("audit", "--data", "nosuch"), ("no data set 'nosuch'", "choose one of: little")),
        (
            ("audit", "--data", "little", "--split", "weekly"),
            (
                "--split",
                "'weekly'",
                "user-random, random, last, time, cold-user, cold-user-first, cold-item, given",
            ),
        ),
        (("audit", "--data", "little", "--split", "last:0"), ("--split", "'0'", "last:1")),
    ],
)
def test_a_wrong_command_or_option_is_one_line_that_says_where_help_is(
    studio: Studio, command: Command, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    command(*arguments).refused(*parts)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("train", "--help")])
def test_help_is_no_error(command: Command, arguments: tuple[str, ...]) -> None:
    answer = command(*arguments) if arguments else command()
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Usage: recsys_core")


def test_a_workspace_that_is_a_file_is_refused(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "studio").touch()
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "studio"))
    command("datasets").refused("studio", "the workspace cannot be used", "set RECSYS_WORKSPACE")
