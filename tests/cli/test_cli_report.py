"""`report`: the page of a data set, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.conftest import Studio


def test_the_report_is_written_and_counted(studio: Studio, command: Command, tmp_path: Path) -> None:
    to = tmp_path / "report.html"
    told = command("report", "--data", "little", "--to", to, "--json").json
    assert told == {"file": str(to), "bytes": to.stat().st_size, "pins": 0, "runs": len(studio.runs)}
    text = to.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and "little" in text


@pytest.mark.parametrize(
    ("data", "to", "said"),
    [
        ("nothing", "report.html", "there is no data set 'nothing'"),
        ("little", "no/such/report.html", "not there or not writable"),
        ("little", ".", "it is a folder"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(
    studio: Studio, command: Command, tmp_path: Path, data: str, to: str, said: str
) -> None:
    command("report", "--data", data, "--to", tmp_path / to).refused(said)
    assert list(tmp_path.rglob("*.html")) == []
