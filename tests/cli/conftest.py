"""The command line in this process: exit code, stdout and stderr of one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recsys_core.cli.main import run


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout; fails where anything else stands there."""
        assert (self.code, self.err) == (0, ""), self.err
        assert self.out.count("\n") == 1
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer

    def refused(self, *parts: str) -> str:
        """Checks the shape of a refusal and that its line holds the parts; the line itself."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert self.out == ""
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for part in parts:
            assert part in self.err, (part, self.err)
        return self.err


Command = Callable[..., Answer]
ROWS = ["ann,i1,5", "ann,i2,3", "bob,i1,1", "bob,i3,4", "cem,i2,2"]
PLAIN = "user,item,rating\n" + "\n".join(ROWS) + "\n"


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs one command here and now: `command("train", "--data", "little")`."""

    def answer(*arguments: object) -> Answer:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return Answer(code, *capfd.readouterr())

    return answer


@pytest.fixture
def folder(workspace: Path, tmp_path: Path) -> Path:
    """A folder with files for one test, beside its workspace."""
    (tmp_path / "plain.csv").write_text(PLAIN)
    return tmp_path


@pytest.fixture
def ratings_csv(tmp_path: Path) -> Path:
    """Six people, five things, own column names, leading zeros, a title file beside it."""
    people = {"ann": "12345", "bob": "1234", "cem": "2345", "dee": "135", "eve": "24", "fay": "145"}
    rows = [
        f"{name},00{thing},{1 + (int(thing) + len(name + things)) % 5},{1_600_000_000 + place * 60}"
        for name, things in people.items()
        for place, thing in enumerate(things)
    ]
    path = tmp_path / "orders.csv"
    path.write_text("who,what,stars_given,at\n" + "\n".join(rows) + "\n", encoding="utf-8")
    titles = [f'00{thing},"Thing, number {thing}",Group {int(thing) % 2}' for thing in "12345"]
    (tmp_path / "things.csv").write_text("what,title,group\n" + "\n".join(titles) + "\n", encoding="utf-8")
    return path


COLUMNS = ("--user", "who", "--item", "what", "--value", "stars_given", "--time", "at")
