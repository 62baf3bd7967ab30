"""Every command that the README names exists, and its loop runs as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from tests.helpers import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]


def test_every_make_target_of_the_readme_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = {line.split()[1] for line in LINES if line.startswith("make ")} | set(
        re.findall(r"`make ([a-z-]+)`", README)
    )
    assert named >= {"app", "test", "bench"}
    assert named <= set(targets)


def test_every_file_that_the_readme_shows_is_there() -> None:
    shown = [one for one in re.findall(r"\]\(([^)]+)\)", README) if "://" not in one]
    assert shown and all((REPOSITORY / one).exists() for one in shown)


@pytest.mark.slow
def test_the_loop_of_the_readme_runs(movielens: Dataset, tmp_path: Path) -> None:
    kept = Path(os.environ.get("RECSYS_TEST_CACHE") or REPOSITORY / "workspace" / "cache")
    shutil.copytree(kept, tmp_path / "cache")
    commands = [line for line in LINES if "recsys_core" in line]
    assert len(commands) == 5
    for command in commands:
        program, *rest = shlex.split(command)
        assert program == ".venv/bin/python"
        ran = subprocess.run(
            [sys.executable, *rest],
            cwd=REPOSITORY,
            env=os.environ | {"RECSYS_WORKSPACE": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert ran.returncode == 0, (command, ran.stderr)
    assert len(re.findall(r"\(\d{4}\)", ran.stdout)) >= 10  # ten films with their years
