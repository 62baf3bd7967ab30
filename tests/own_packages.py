"""Packages that bring models of one's own, put on Python's path by hand: no installer, no network."""

from __future__ import annotations

import shutil
import textwrap
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys_core.models import own_found
from recsys_core.models.own import GROUP
from tests.helpers import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "own_network"

DESCRIBED = """
    from recsys_core.models.own import OwnModel
    from recsys_core.params import ParamSpec

    MODEL = OwnModel(title="Plain", what="A plain sum.", form="{form}", network="{module}:Net")
"""
PLAIN_LIST = """
    import keras
    from recsys_core.models.own_networks import OwnList

    class Net(OwnList):
        def build(self, sizes):
            history = keras.Input((sizes.n_items,))
            return keras.Model(history, keras.layers.Dense(sizes.n_items)(history))
"""


@dataclass(frozen=True)
class Site:
    """A folder on Python's path, as an environment's site-packages."""

    folder: Path

    def put(
        self,
        modules: Mapping[str, str],
        entries: Mapping[str, str],
        *,
        name: str = "theirs",
        version: str = "1.2",
    ) -> None:
        """A package of these modules (name -> source) with these entry points (name -> value)."""
        for module, source in modules.items():
            path = self.folder / f"{module.replace('.', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        told = self.folder / f"{name}-{version}.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"[{GROUP}]", *(f"{entry} = {value}" for entry, value in entries.items())]
        (told / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        own_found.look_again()

    def put_described(self, form: str = "list", network: str = PLAIN_LIST) -> None:
        """The model `plain`: its description in `theirs`, its network in `theirs_net`."""
        described = DESCRIBED.format(form=form, module="theirs_net")
        self.put({"theirs": described, "theirs_net": network}, {"plain": "theirs:MODEL"})

    def put_example(self) -> None:
        """The package of `examples/own_network`, with the entry points of its pyproject.toml."""
        project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        sources = (EXAMPLE / "own_network").glob("*.py")
        modules = {f"own_network.{one.stem}": one.read_text(encoding="utf-8") for one in sources}
        self.put(modules, project["entry-points"][GROUP], name=project["name"], version=project["version"])

    def remove_all(self) -> None:
        """As after `pip uninstall`."""
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        own_found.look_again()
