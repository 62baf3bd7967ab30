"""The members of a blend: finished runs, each once as it serves and once as learned from training rows alone."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.errors import DataError, ParamError
from recsys_core.i18n import _
from recsys_core.models.base import Recommender
from recsys_core.models.blend import Blend, Member, without_validation
from recsys_core.models.checkpoint import Session
from recsys_core.models.registry import model_class, spec
from recsys_core.runs import DONE, Run, list_runs, open_run
from recsys_core.serving.base import Scorer
from recsys_core.serving.load import load_scorer

LEFT_OUT = ("random", "blend")
VALIDATED = "validated"
"""Folder of a run that holds its model as learned from training rows alone, once somebody needed it."""


def usable_members(data: Dataset, split: SplitSpec) -> list[Run]:
    """Finished runs that can be blended on this split, newest first."""
    return [
        run
        for run in list_runs()
        if run.config.fingerprint == data.fingerprint
        and (run.config.split, run.config.split_seed) == (str(split), split.seed)
        and run.config.model not in LEFT_OUT
        and run.has_model
    ]


def chosen_members(given: str, goal: str, data: Dataset, split: SplitSpec) -> str:
    """The ids of the members that are meant, with commas: those given, or the newest of each model.

    Raises:
        ParamError: fewer than two, one twice, or one of another data set or split.
        NotFound: no such run.
    """
    usable = usable_members(data, split)
    if given:
        runs = [open_run(one) for one in given.split(",")]
        strangers = [run.id for run in runs if run.id not in {one.id for one in usable}]
        if strangers:
            raise _refused(
                _("run {id} is not a finished run of these data and this split").format(id=strangers[0])
            )
        if len({run.id for run in runs}) < len(runs):
            raise _refused(_("a run is named twice"))
    else:
        newest = {run.config.model: run for run in reversed(usable) if goal != "ratings" or _rates(run)}
        runs = list(newest.values())
    if len(runs) < 2:
        raise _refused(_("there are fewer than two finished runs on this split"))
    return ",".join(run.id for run in runs)


def _rates(run: Run) -> bool:
    return "rmse" in run.measured()["metrics"]


def _refused(what: str) -> ParamError:
    return ParamError(
        what=what,
        where=_("parameter {name}").format(name="members"),
        remedy=_("train two or more models with the same split and seed of the split, then blend them"),
    )


def build_model(name: str, settings: Mapping[str, Any]) -> Recommender:
    """An unfitted model whose settings may name finished runs."""
    found = model_class(name)
    return Blend(settings, find_member=run_member) if found is Blend else found(settings)


def run_member(name: str, split: Split, session: Session) -> Member:
    """The finished run of that id as a member."""
    run = open_run(name)
    return Member(run.id, _on_train(run, split, session), run.scorer())


def _on_train(run: Run, split: Split, session: Session) -> Scorer:
    """The run's model as learned from training rows alone, as it was when its epochs were chosen; kept once made."""
    folder = run.folder / VALIDATED
    if (folder / "serving.json").exists():
        return load_scorer(folder)
    config, status = run.config, run.status
    if status["state"] != DONE:
        raise DataError(
            what=_("it was stopped before it was complete, so it cannot be learned again as it was"),
            where=_("run {id}").format(id=run.id),
            remedy=_("train it again to the end, then blend"),
        )
    settings = dict(config.settings)
    if spec(config.model).network and "epochs" in settings:
        settings["epochs"] = max(1, int(status["epochs"]))
    session.report({"type": "member", "run": run.id, "model": config.model})
    model = model_class(config.model)(settings)
    model.fit(without_validation(split), seed=config.seed, should_stop=session.should_stop)
    building = run.folder / f".{VALIDATED}-{uuid.uuid4().hex[:8]}"
    model.scorer.save(building)
    try:
        building.rename(folder)
    except OSError:  # another blend made it at the same moment
        shutil.rmtree(building)
    return model.scorer
