"""The page about a network of one's own: its package is one, and every block of it runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.models import own_found, registry
from recsys_core.models.own import GROUP
from tests.helpers import REPOSITORY, studio_command
from tests.own_packages import EXAMPLE, Site

PAGE = (REPOSITORY / "docs" / "own-network.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


[PROJECT] = [tomllib.loads(one)["project"] for one in blocks("toml")]
INIT, NETWORKS, *REST = blocks("python")


def put_page(site: Site) -> None:
    """The package that the page writes, installed by hand."""
    modules = {"own_network.__init__": INIT, "own_network.networks": NETWORKS}
    site.put(modules, PROJECT["entry-points"][GROUP], name=PROJECT["name"], version=PROJECT["version"])


def test_the_package_of_the_page_is_a_part_of_the_example(site: Site) -> None:
    put_page(site)
    assert registry.left_out() == ()
    told = registry.learner("gated"), registry.params_of("gated")
    site.remove_all()
    site.put_example()
    assert (registry.learner("gated"), registry.params_of("gated")) == told
    for block, file in ((INIT, "__init__.py"), (NETWORKS, "networks.py")):
        source = (EXAMPLE / "own_network" / file).read_text(encoding="utf-8")
        body = block[re.search(r"^(GATED|class)", block, re.MULTILINE).start() :]  # type: ignore[union-attr]
        assert body.strip() in source


def test_every_file_that_the_page_shows_is_there() -> None:
    shown = [one for one in re.findall(r"\]\(([^)]+)\)", PAGE) if "://" not in one]
    assert shown and all((REPOSITORY / "docs" / one).exists() for one in shown)


@pytest.mark.long
def test_every_block_of_the_page_runs(
    site: Site, little: Dataset, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_dataset(little, actor="test")
    user, items = little.users["user_id"].iloc[0], ",".join(little.items["item_id"].iloc[:3])
    put_page(site)
    monkeypatch.setenv("PYTHONPATH", str(site.folder))
    [shell] = blocks("sh")
    for line in shell.splitlines():
        words = shlex.split(line.replace("movielens-100k", "little").replace("50,172,181", items))
        assert words[0] == ".venv/bin/python"
        if words[2] == "recsys_core":
            words = [user if word == "1" else word for word in words]
            done = studio_command(*words[3:], workspace=workspace)
            assert done.returncode == 0, (line, done.stderr)
    assert "Gated history" in studio_command("models", "--json", workspace=workspace).stdout
    for block in REST:
        names: dict[str, object] = {}
        exec(block.replace("movielens-100k", "little"), names)
        for name, found in names.items():
            if name.startswith("test_"):
                found()  # type: ignore[operator]


def test_the_example_installs_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    copied = shutil.copytree(EXAMPLE, tmp_path / "own_network")  # an installer leaves files beside the source
    line = next(line for line in blocks("sh")[0].splitlines() if " pip install " in line)
    options = [word for word in shlex.split(line)[4:] if word.startswith("--")]
    target = ["--no-index", "--quiet", "--target", str(tmp_path / "site"), str(copied)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *target],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    own_found.look_again()
    try:
        assert {one.spec.name for one in own_found.own_models().models} == {"gated", "neumf"}
    finally:
        monkeypatch.undo()
        own_found.look_again()
