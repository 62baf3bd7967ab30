"""A finished run as one file. What the data tell is left out: a bundle needs the data set beside it to serve lists."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core import files
from recsys_core.bundles.archive import (
    ARRAYS,
    CANDIDATES,
    CONFIG,
    EVENTS,
    IDS,
    KERAS,
    METRICS,
    MOST_BYTES,
    PART,
    RECIPE,
    SPLIT,
    STATUS,
    USERS,
    written,
)
from recsys_core.bundles.parts import FORMS, NETWORK, member_names, settings_of_base
from recsys_core.columns import ITEM, USER
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.errors import DataError, RecsysError
from recsys_core.i18n import _
from recsys_core.run_config import RunConfig
from recsys_core.runs import Run, open_run
from recsys_core.serving.base import MANIFEST as SERVING
from recsys_core.serving.base import verified_manifest

SPLIT_PARTS = ("train", "valid", "test", "revealed", "valid_revealed")
OF_STATUS = ("state", "seconds", "peak_rss_mb", "epochs")
OF_METRICS = ("metrics", "ci", "n_judged", "liked_from")


def export_run(run: Run) -> bytes:
    """The bundle of a finished run: the same bytes each time.

    Raises:
        DataError: it is not finished, its data set is gone or was replaced, or a network that it is made of is gone.
    """
    if run.waiting:
        raise DataError(
            what=_("its model is not built yet, since its data set is not here"),
            where=_("run {id}").format(id=run.id),
            remedy=_("hand on the file that it came in, or bring the data set first"),
        )
    measured = run.measured()
    config, data = run.config, run.dataset()
    parts, named = model_parts(run)
    members = {
        CONFIG: _json(asdict(config)),
        STATUS: _json({name: run.status.get(name) for name in OF_STATUS}),
        METRICS: _json({name: measured[name] for name in OF_METRICS}),
        EVENTS: _bytes(run.folder / EVENTS),
        USERS: _bytes(run.folder / USERS),
        CANDIDATES: _bytes(run.folder / CANDIDATES),
        SPLIT: _arrays(split_rows(run.split(data))),
        IDS: _json({"users": data.users[USER].tolist(), "items": data.items[ITEM].tolist()}),
        **parts,
    }
    if data.recipe:
        members[RECIPE] = _json(data.recipe)
    names = {one: asdict(found) for one, found in sorted(named.items())}
    content = written(members, {"run": run.id, "data": about_data(data), "names": names})
    if len(content) > MOST_BYTES:
        raise DataError(
            what=_("the bundle would be over {n} MB").format(n=MOST_BYTES // 1_000_000),
            where=_("run {id}").format(id=run.id),
            remedy=_("train a smaller model: nobody could bring this one in"),
        )
    return content


def about_data(data: Dataset) -> dict[str, Any]:
    """What somebody must know who wants to bring the data: they are not in the bundle."""
    told = {"name": data.name, "fingerprint": data.fingerprint, "kind": data.kind.value}
    sizes = {"rows": len(data.interactions), "users": data.n_users, "items": data.n_items}
    words = {name: " ".join(text.split())[:2000] for name, text in asdict(data.provenance).items()}
    return {**told, **sizes, **words}


def split_rows(split: Split) -> dict[str, np.ndarray]:
    """Positions of each part's rows in the data set's interactions, int64."""
    return {name: np.asarray(getattr(split, name), dtype=np.int64) for name in SPLIT_PARTS}


@dataclass(frozen=True)
class _Node:
    """A model, or one that it is made of, as it lies in a run's folder.

    Attributes:
        folder: its serving form. keras: where its network may be kept beside `folder`; None where nothing is known.
    """

    run: Run
    run_id: str
    model: str
    settings: Mapping[str, Any]
    seed: int
    folder: Path
    keras: Path | None


def model_parts(run: Run) -> tuple[dict[str, bytes], dict[str, RunConfig]]:
    """Members of the bundle that make up the model, and the configurations of the runs that it names, by id.

    Raises:
        DataError: a model file is damaged, or a network that it is made of is gone.
    """
    found: dict[str, bytes] = {}
    named: dict[str, RunConfig] = {}
    for place, node in _nodes(run, named):
        _add(node, place, found)
    return found, named


def why_not(run: Run) -> str:
    """Why a finished run cannot be exported, before anything large is read; empty where it can."""
    try:
        for _place, node in _nodes(run, {}):
            if _form(files.read_json(node.folder / SERVING)) == NETWORK:
                _network_file(node)
    except RecsysError as problem:
        return str(problem)
    return ""


def _nodes(run: Run, named: dict[str, RunConfig]) -> Iterator[tuple[str, _Node]]:
    """The model and everything that it is made of, each with its place in the bundle; fills `named`."""
    config, folder = run.config, run.folder / "model"
    left = [
        ("model/", _Node(run, run.id, config.model, config.settings, config.seed, folder, folder / KERAS))
    ]
    while left:
        place, node = left.pop()
        yield place, node
        left += [(f"{place}member{n}/", inner) for n, inner in enumerate(_inner(node, named))]


def _form(manifest: Mapping[str, Any]) -> str:
    return str(manifest["form"]) if manifest["form"] in FORMS else NETWORK


def _add(node: _Node, place: str, found: dict[str, bytes]) -> None:
    manifest = verified_manifest(node.folder)
    form = _form(manifest)
    numbers = {name: manifest[name] for name in FORMS[form].numbers}
    told = {"run": node.run_id, "model": node.model, "settings": dict(node.settings), "seed": node.seed}
    found[place + PART] = _json({**told, "form": form, "numbers": numbers})
    if form == NETWORK:
        found[place + KERAS] = _network_file(node).read_bytes()
    elif FORMS[form].arrays:
        arrays = files.read_arrays(node.folder / ARRAYS)
        found[place + ARRAYS] = _arrays({one: arrays[one] for one in FORMS[form].arrays if one in arrays})


def _inner(node: _Node, named: dict[str, RunConfig]) -> Iterator[_Node]:
    for number, name in enumerate(member_names(node.model, node.settings)):
        folder = node.folder / f"member{number}"
        beside = folder / KERAS if (folder / KERAS).exists() else None
        if node.model == "newcomer":  # its network lies where it does itself
            settings = settings_of_base(name)
            yield _Node(node.run, node.run_id, name, settings, node.seed, folder, beside or node.keras)
            continue
        owner = _owner(name)
        config = owner.config if owner is not None else _brought(node.run, name)
        named[name] = config
        own = owner.folder / "model" if owner is not None else None
        if beside is None and own is not None and _same_file(own / SERVING, folder / SERVING):
            beside = own / KERAS
        yield _Node(owner or node.run, name, config.model, config.settings, config.seed, folder, beside)


def _owner(run_id: str) -> Run | None:
    try:
        return open_run(run_id)
    except RecsysError:
        return None


def _brought(run: Run, name: str) -> RunConfig:
    origin = run.origin
    if origin is None or name not in origin.brought:
        raise _gone(run, name)
    return origin.brought[name]


def _network_file(node: _Node) -> Path:
    if node.keras is None or not node.keras.exists():
        raise _gone(node.run, node.run_id)
    return node.keras


def _gone(run: Run, name: str) -> DataError:
    return DataError(
        what=_("run {name}, which it is made of, is gone, and its network with it").format(name=name),
        where=_("run {id}").format(id=run.id),
        remedy=_("train the members and this run again"),
    )


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(
        value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain
    ).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{name: np.ascontiguousarray(one) for name, one in arrays.items()})  # type: ignore[arg-type]
    return buffer.getvalue()
