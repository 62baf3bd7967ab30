"""Finds the models of one's own that installed packages bring, once a process; nothing broken there breaks the app.

Only entry points of packages on Python's own path count: no setting, file or upload can name a module.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING

from recsys_core.errors import DataError, RecsysError
from recsys_core.i18n import N_, _
from recsys_core.models.own import GROUP, NAME, OwnModel
from recsys_core.models.table import MADE_ELSEWHERE, MODELS, ModelSpec

if TYPE_CHECKING:
    from recsys_core.models.own_networks import OwnNetwork

HEAVY = frozenset({"tensorflow", "keras", "tf2onnx", "torch", "jax"})
"""What a description must not load: the process of the pages reads it and stays small."""
BASES = {"list": "OwnList", "pair": "OwnPair", "rating": "OwnRating"}
LONGEST_WHY = 300
TAKEN = N_("the app has a model of that name; give it another")


@dataclass(frozen=True, slots=True)
class Own:
    """One usable model: its description and its line for the registry."""

    model: OwnModel
    spec: ModelSpec


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One that cannot be used.

    Attributes:
        package: the package that names it, with its version.
        why: the reason, to stand inside a sentence.
    """

    name: str
    package: str
    why: str

    @property
    def sentence(self) -> str:
        """All of it, as a person reads it."""
        return _("{name} of package {package} is left out: {why}.").format(
            name=self.name, package=self.package, why=self.why.rstrip(".")
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What the installed packages bring, by name."""

    models: tuple[Own, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def find(self, name: str) -> Own | None:
        """The usable model of that name."""
        return next((one for one in self.models if one.spec.name == name), None)


@cache
def own_models() -> Found:
    """Looked for once a process, in milliseconds."""
    models: dict[str, Own] = {}
    left_out: list[LeftOut] = []
    for entry, package in sorted(_entries(), key=lambda pair: (pair[0].name, pair[1])):
        try:
            models[entry.name] = _read(entry, package, models)
        except (Exception, SystemExit) as problem:  # of code that is not ours: whatever it raises
            left_out.append(LeftOut(entry.name, package, _why(problem)))
    return Found(tuple(models.values()), tuple(left_out))


def look_again() -> None:
    """Forgets what was found, for a notebook in which a package was installed a moment ago."""
    own_models.cache_clear()
    own_class.cache_clear()


def _entries() -> Iterator[tuple[metadata.EntryPoint, str]]:
    """Every entry point of the group, with its package; a package whose metadata cannot be read has none."""
    seen: set[str] = set()
    for package in metadata.distributions():
        try:
            if GROUP not in (package.read_text("entry_points.txt") or ""):
                continue
            name, version = package.name, package.version
            if name in seen:  # an older copy further down the path
                continue
            seen.add(name)
            found = list(package.entry_points.select(group=GROUP))
        except Exception:  # the damaged metadata of some package: it names no model of ours
            continue
        yield from ((one, f"{name} {version}") for one in found)


def _read(entry: metadata.EntryPoint, package: str, before: dict[str, Own]) -> Own:
    """The model behind an entry point; raises whatever is wrong with it."""
    name = entry.name
    if not NAME.fullmatch(name):
        raise _unusable(_("its name must be small letters, digits and _"))
    if name in {one.name for one in (*MODELS, *MADE_ELSEWHERE)}:
        raise _unusable(_(TAKEN))
    if name in before:
        raise _unusable(
            _("package {package} brings a model of that name").format(package=before[name].spec.package)
        )
    with _kept_light():
        model = entry.load()
        if not isinstance(model, OwnModel):
            raise _unusable(
                _("{value} is a {kind}, not an OwnModel").format(value=entry.value, kind=type(model).__name__)
            )
        module = model.network.partition(":")[0]
        if importlib.util.find_spec(module) is None:
            raise _unusable(_("its network {module} is not in the package").format(module=module))
    line = ModelSpec(
        name,
        model.title,
        model.what,
        model.network,
        model.kinds,
        network=True,
        new_users=model.form == "list",
        package=package,
    )
    return Own(model, line)


def _unusable(what: str) -> DataError:
    return DataError(what=what, where="", remedy="")


def _why(problem: BaseException) -> str:
    """What went wrong, in words and on one line."""
    text = " ".join(str(problem).split())[:LONGEST_WHY]
    if isinstance(problem, RecsysError):
        return text
    if isinstance(problem, ImportError):
        return _("it cannot be imported ({problem})").format(problem=text)
    return _("it cannot be imported ({problem})").format(problem=f"{type(problem).__name__}: {text}")


class _Refusing(MetaPathFinder):
    """Refuses what is heavy, and leaves the rest to Python."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname.partition(".")[0] in HEAVY:
            raise ImportError(
                _(
                    "it loads {module} where it describes itself; move that into the module of its network"
                ).format(module=fullname)
            )


@contextmanager
def _kept_light() -> Iterator[None]:
    """Inside, nothing heavy is loaded that was not there before."""
    finder = _Refusing()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@cache
def own_class(name: str) -> type[OwnNetwork]:
    """The network class of a usable model, which loads TensorFlow; it carries the model's name, kinds and parameters.

    Raises:
        DataError: its module fails on import, or holds no class of its form.
    """
    own = own_models().find(name)
    assert own is not None, name
    module, _colon, attribute = own.model.network.partition(":")
    networks = import_module("recsys_core.models.own_networks")
    base = getattr(networks, BASES[own.model.form])
    try:
        found = getattr(import_module(module), attribute)
    except Exception as problem:
        raise networks.blamed(problem, name, _("its import"), module) from problem
    if not (isinstance(found, type) and issubclass(found, base)):
        raise DataError(
            what=_("{network} is no subclass of {base}").format(
                network=own.model.network, base=base.__name__
            ),
            where=_("model {name}").format(name=name),
            remedy=_("derive it from {base}, or give its description another form").format(
                base=base.__name__
            ),
        )
    described = {"name": name, "kinds": own.model.kinds, "params": own.model.all_params}
    return type(found.__name__, (found,), {"__module__": found.__module__, **described})
