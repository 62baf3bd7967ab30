"""The command line that makes a run again, with everything that decides its figures written out.

Every setting stands in the line, also one that has its default: defaults are tuned again some day, and a line that left
them out would then ask for another run. For the same reason the line carries the fingerprint of the data.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.score_file import RANK, SCORE
from recsys_core.data.store import list_datasets
from recsys_core.errors import DataError, NotFound, RecsysError
from recsys_core.evaluation.submitted import RATINGS
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.run_config import RunConfig
from recsys_core.runs import CANCELLED, Run, open_run

PROGRAM = "python -m recsys_core"
SIGNS = 16
"""Of a fingerprint: enough that no two data sets share them."""


@dataclass(frozen=True)
class Replay:
    """How a run is made again.

    Attributes:
        line: the command; it needs the runs that it names.
        before: (id, command) of each run that it names, in the order in which they must be made. The command gives the
            new run that id as its name, under which the line finds it: so the lines work in another workspace too.
        notes: what stands in the way, as sentences; empty where the line gives the same figures here and now.
    """

    line: str
    before: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """Every command, one a line, as an empty workspace needs them."""
        return "\n".join([*(line for _id, line in self.before), self.line])


def replay_of(run: Run) -> Replay:
    """The command that makes this run again; raises DataError where its configuration cannot be read."""
    config = run.config
    named, gone = _named(run, config)
    before = tuple((run_id, _line(one, name=run_id)) for run_id, one in named.items())
    notes = [
        _(
            "Run {id}, which it names, is gone, and its settings with it: the line alone does not work."
        ).format(id=one)
        for one in gone
    ]
    if run.state == CANCELLED:
        notes.append(_("It was stopped by hand; the line trains to the end, so its figures will differ."))
    return Replay(_line(config, name=config.name), before, (*notes, *_about_data(config)))


def check_fingerprint(data: Dataset, signs: str | None) -> None:
    """Refuses data that are not those a line was written for; `signs`: the beginning of their fingerprint, or None."""
    if signs is not None and (len(signs) < SIGNS or not data.fingerprint.startswith(signs)):
        raise DataError(
            what=_("the data are not those that the line was written for: they were replaced since"),
            where=_("data set {name}").format(name=data.name),
            remedy=_("bring the old data back, or leave --fingerprint out to train on the new ones"),
        )


def named_runs(config: RunConfig) -> list[str]:
    """Ids of the runs that its settings name: members of a blend, the base of a re-ranked run."""
    if config.model == registry.IMPORTED or registry.spec(config.model).network:
        return []
    kinds = {one.name: one.kind for one in registry.params_of(config.model)}
    texts = [str(value) for name, value in config.settings.items() if kinds.get(name) in ("run", "runs")]
    return [one for text in texts for one in text.split(",") if one]


def _named(run: Run, config: RunConfig) -> tuple[dict[str, RunConfig], list[str]]:
    """The configurations of all runs that it names, those that they name first; and ids of which nothing is known."""
    found: dict[str, RunConfig] = {}
    gone: list[str] = []
    for one in _ids(config):
        known = _config_of(run, one)
        if known is None:
            gone.append(one)
            continue
        inner, lost = _named(run, known)
        found |= inner | {one: known}
        gone += lost
    return found, list(dict.fromkeys(gone))


def _ids(config: RunConfig) -> list[str]:
    try:
        return named_runs(config)
    except NotFound:  # a model that this installation does not have
        return []


def _config_of(run: Run, run_id: str) -> RunConfig | None:
    """From the run itself, or, where an imported run brought it, from beside it."""
    try:
        return open_run(run_id).config
    except RecsysError:
        origin = run.origin
        return origin.brought.get(run_id) if origin is not None else None


def _line(config: RunConfig, *, name: str) -> str:
    words = _scores_words(config, name) if config.model == registry.IMPORTED else _train_words(config, name)
    return f"{PROGRAM} {shlex.join(words)}"


def _train_words(config: RunConfig, name: str) -> Iterator[str]:
    yield from ("train", f"--data={config.dataset}", f"--fingerprint={config.fingerprint[:SIGNS]}")
    yield f"--model={config.model}"
    for key, value in config.settings.items():
        yield from ("--set", f"{key}={_text(value)}")
    yield from _judged(config, name)


def _scores_words(config: RunConfig, name: str) -> Iterator[str]:
    settings = config.settings
    file = str(settings["file"])
    yield from ("import-scores", f"./{file}" if file.startswith("-") else file)
    yield from (f"--data={config.dataset}", f"--fingerprint={config.fingerprint[:SIGNS]}")
    number = RANK if settings["holds"] == RANK else SCORE
    for option, key in (("user", "user"), ("item", "item"), (number, "number")):
        yield f"--{option}={settings[f'column_{key}']}"
    if settings["holds"] == RATINGS:
        yield "--ratings"
    if settings["rows_left_out"]:
        yield "--skip-unknown"
    yield from _judged(config, name)


def _judged(config: RunConfig, name: str) -> Iterator[str]:
    yield from (f"--split={config.split}", f"--split-seed={config.split_seed}")
    if config.model != registry.IMPORTED:
        yield f"--seed={config.seed}"
    yield f"--k={config.k}"
    if name.strip():
        yield f"--name={' '.join(name.split())}"


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _about_data(config: RunConfig) -> list[str]:
    here = {one.name: one.fingerprint for one in list_datasets()}
    told = []
    if config.dataset not in here:
        told.append(_("Data set {name} is not in this workspace.").format(name=config.dataset))
    elif here[config.dataset] != config.fingerprint:
        told.append(
            _(
                "Data set {name} was replaced since: the line is refused until the old data are back. Without --fingerprint "
                "it trains on the new ones, and gives other figures."
            ).format(name=config.dataset)
        )
    if config.model == registry.IMPORTED:
        told.append(
            _("It needs the file {file} with the sha256 {sha256}.").format(
                file=config.settings["file"], sha256=config.settings["sha256"]
            )
        )
    return told
