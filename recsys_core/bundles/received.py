"""What stands in a bundle, read and checked, before anything is built or written: every field, every number."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.bundles.archive import (
    CANDIDATES,
    CONFIG,
    EVENTS,
    IDS,
    MANIFEST,
    METRICS,
    RECIPE,
    SPLIT,
    STATUS,
    USERS,
    Bundle,
    content_of,
)
from recsys_core.bundles.archive import NEEDED as MEMBERS
from recsys_core.bundles.checked import (
    Check,
    checked_arrays,
    checked_json,
    checked_table,
    every,
    fields_of,
    nothing_or,
    number,
    refused,
    table_of,
    text,
    whole,
)
from recsys_core.bundles.exporting import SPLIT_PARTS
from recsys_core.bundles.parts import Part, checked_settings, places_of, read_part
from recsys_core.columns import Kind
from recsys_core.data.recipe import Recipe
from recsys_core.data.splits import SplitSpec
from recsys_core.errors import RecsysError
from recsys_core.evaluation.evaluate import N_CANDIDATES
from recsys_core.files import check_name
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.run_config import RunConfig
from recsys_core.runs import CANCELLED, DONE

MOST_EVENTS, MOST_LINE = 200_000, 20_000
MOST_ENTITIES = 10_000_000
_HEX = frozenset("0123456789abcdef")


def hexadecimal(length: int) -> Check:
    """Is it a text of so many signs 0-9 and a-f?"""
    return lambda value: isinstance(value, str) and len(value) == length and set(value) <= _HEX


def _allowed(parse: Callable[[str], object]) -> Check:
    """Does `parse` take it?"""

    def check(value: Any) -> bool:
        try:
            return isinstance(value, str) and parse(value) is not None
        except (RecsysError, ValueError):
            return False

    return check


_name = _allowed(lambda value: check_name(value, where=CONFIG))
_CONFIG: dict[str, Check] = {
    "model": text(40),
    "settings": lambda value: isinstance(value, dict),
    "dataset": _name,
    "fingerprint": hexadecimal(64),
    "split": _allowed(lambda value: SplitSpec.parse(value, seed=0)),
    "actor": text(100),
    "split_seed": whole(),
    "seed": whole(),
    "k": whole(1, MOST_ENTITIES),
    "name": text(200),
    "created": _allowed(datetime.fromisoformat),
}
_DATA: dict[str, Check] = {
    "name": _name,
    "fingerprint": hexadecimal(64),
    "kind": lambda value: value in tuple(Kind),
    "rows": whole(1),
    "users": whole(1, MOST_ENTITIES),
    "items": whole(1, MOST_ENTITIES),
    **dict.fromkeys(("source", "terms", "citation", "notice"), text(2000)),
}
_MANIFEST: dict[str, Check] = {
    "format": text(40),
    "format_version": whole(),
    "app": text(40),
    "run": hexadecimal(12),
    "data": lambda value: isinstance(value, dict),
    "names": table_of(hexadecimal(12), lambda value: isinstance(value, dict), most=100),
    "members": lambda value: isinstance(value, dict),
}
_STATUS: dict[str, Check] = {
    "state": lambda value: value in (DONE, CANCELLED),
    "seconds": table_of(text(40), number(0.0), most=20),
    "peak_rss_mb": nothing_or(number(0.0)),
    "epochs": whole(),
}
_METRICS: dict[str, Check] = {
    "metrics": table_of(text(60), number()),
    "ci": table_of(text(60), every(number(), least=2, most=2)),
    "n_judged": whole(),
    "liked_from": number(),
}
_SCALAR: Check = nothing_or(lambda value: isinstance(value, (bool, int, float)) or text(400)(value))
_NUMBER = nothing_or(number())
_EVENTS: dict[str, dict[str, Check]] = {
    "phase": {"phase": text(40)},
    "epoch": {
        "phase": text(40),
        "epoch": whole(1),
        "of": whole(1),
        **dict.fromkeys(("loss", "samples_per_second", "seconds_left"), _NUMBER),
    },
    "weights": {"weights": table_of(text(60), number(), most=100)},
    "trust": {
        **{one: every(number(), most=100) for one in ("known", "weights", "gains", "errors")},
        "n_users": whole(),
    },
    "rehearsal": {"epoch": whole(1), "of": whole(1)},
}
"""What pages read of an event, by its type."""


@dataclass(frozen=True)
class Received:
    """A bundle whose every field was checked.

    Attributes:
        run: its id where it was made; app: the version that wrote it; content: sha256 over its members.
        names: configurations of the runs that it names.
        split: positions of each part's rows. users, items: ids in order of their rows.
    """

    raw: bytes
    run: str
    app: str
    content: str
    config: RunConfig
    names: dict[str, RunConfig]
    data: dict[str, Any]
    status: dict[str, Any]
    measured: dict[str, Any]
    events: list[dict[str, Any]]
    recipe: Recipe | None
    split: dict[str, np.ndarray]
    users: list[str]
    items: list[str]
    per_user: pd.DataFrame
    candidates: pd.DataFrame
    model: Part


def received(bundle: Bundle) -> Received:
    """Everything in the bundle, checked; raises DataError naming the member and the field that is wrong."""
    manifest = fields_of(bundle.manifest, _MANIFEST, MANIFEST)
    data = fields_of(manifest["data"], _DATA, MANIFEST)
    config = _config(bundle.json_of(CONFIG), CONFIG)
    names = {one: _config(given, MANIFEST) for one, given in manifest["names"].items()}
    if config.fingerprint != data["fingerprint"] or config.dataset != data["name"]:
        raise refused(_("its configuration and its manifest speak of different data"), CONFIG)
    ids = fields_of(bundle.json_of(IDS), dict.fromkeys(("users", "items"), every(_is_id)), IDS)
    if (len(ids["users"]), len(ids["items"])) != (data["users"], data["items"]):
        raise refused(_("it names more or fewer than the data have"), IDS)
    model = read_part(bundle)
    _check_all_used(bundle, model)
    _check_root(model, config, manifest["run"])
    n_rows = data["users"] * max(N_CANDIDATES, config.k)
    whole_numbers = {"user": "i", "item": "i", "score": "f", "rank": "i"}
    return Received(
        raw=bundle.raw,
        run=manifest["run"],
        app=manifest["app"],
        content=content_of(manifest),
        config=config,
        names=names,
        data=data,
        status=fields_of(bundle.json_of(STATUS), _STATUS, STATUS),
        measured=fields_of(bundle.json_of(METRICS), _METRICS, METRICS),
        events=_events(bundle.bytes_of(EVENTS)),
        recipe=_recipe(bundle),
        split=_split(bundle, data["rows"]),
        users=ids["users"],
        items=ids["items"],
        per_user=checked_table(bundle.bytes_of(USERS), USERS, rows=data["users"]),
        candidates=checked_table(bundle.bytes_of(CANDIDATES), CANDIDATES, rows=n_rows, columns=whole_numbers),
        model=model,
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 1000


def _config(given: Any, where: str) -> RunConfig:
    config = RunConfig(**fields_of(given, _CONFIG, where))
    if config.model == registry.IMPORTED:
        simple = table_of(
            text(60), lambda value: isinstance(value, (bool, int)) or nothing_or(text(200))(value)
        )
        if not simple(config.settings):
            raise refused(_("its settings are no plain values"), where)
        return config
    settings = checked_settings(config.model, config.settings, where)
    return RunConfig(**{**fields_of(given, _CONFIG, where), "settings": settings})


def _check_all_used(bundle: Bundle, model: Part) -> None:
    for name in sorted(bundle.names - places_of(model) - {*MEMBERS, RECIPE}):
        raise refused(_("no part of this model has it"), name)


def _check_root(model: Part, config: RunConfig, run_id: str) -> None:
    same = (model.model, model.settings, model.seed) == (config.model, dict(config.settings), config.seed)
    if not same or model.run != run_id:
        raise refused(_("it is another model than the configuration says"), f"{model.place}part.json")


def _events(content: bytes) -> list[dict[str, Any]]:
    lines = content.decode("utf-8", errors="replace").splitlines()
    if len(lines) > MOST_EVENTS:
        raise refused(_("it has too many lines"), EVENTS)
    return [_event(line) for line in lines]


def _event(line: str) -> dict[str, Any]:
    event = checked_json(line.encode(), EVENTS, most=MOST_LINE)
    kind = event.get("type")
    known = _EVENTS.get(kind, {}) if isinstance(kind, str) else {}
    rest = {name: _SCALAR for name in event if name not in known}
    if not text(40)(kind) or not all(text(60)(name) for name in event):
        raise refused(_("an event is damaged"), EVENTS)
    return fields_of(event, {**rest, **known}, EVENTS)


def _recipe(bundle: Bundle) -> Recipe | None:
    if RECIPE not in bundle:
        return None
    try:
        return Recipe.from_dict(bundle.json_of(RECIPE))
    except RecsysError as problem:
        raise refused(str(problem), RECIPE) from None


def _split(bundle: Bundle, n_rows: int) -> dict[str, np.ndarray]:
    found = checked_arrays(bundle.bytes_of(SPLIT), SPLIT, dict.fromkeys(SPLIT_PARTS, "i"))
    rows = list(found.values())
    if set(found) != set(SPLIT_PARTS) or any(one.ndim != 1 for one in rows):
        raise refused(_("its rows are damaged"), SPLIT)
    every_row = np.concatenate(rows)
    if len(every_row) > n_rows or (len(every_row) and not 0 <= every_row.min() <= every_row.max() < n_rows):
        raise refused(_("its rows are not rows of the data"), SPLIT)
    return found


def as_lines(events: list[dict[str, Any]]) -> bytes:
    """The events as the file of a run holds them."""
    return "".join(json.dumps(one) + "\n" for one in events).encode()
