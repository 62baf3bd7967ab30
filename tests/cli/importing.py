"""What the tests of `import` share: a plain file, and the three ways in which they look at an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.conftest import Answer, Command
from tests.helpers import contents

COLUMNS_OF_PLAIN = ("--user", "user", "--item", "item", "--value", "rating", "--kind", "rating")


def imported(command: Command, *arguments: object) -> dict[str, Any]:
    """What `import --json` says of an import into the data set `mine`."""
    return command("import", *arguments, "--name", "mine", "--json").json


def refused(command: Command, workspace: Path, *arguments: object) -> Answer:
    """The answer to an import that leaves nothing behind."""
    answer = command("import", *arguments, "--name", "mine")
    assert contents(workspace) == {}
    return answer


def steps_of(made: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Step -> rows before and after it."""
    return {step["step"]: (step["rows_before"], step["rows_after"]) for step in made["cleaning"]}
