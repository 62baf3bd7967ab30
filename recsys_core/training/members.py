"""The members of a blend: finished runs, each once as it serves and once as learned from training rows alone."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec, without_validation
from recsys_core.errors import Cancelled, DataError, ParamError
from recsys_core.i18n import _
from recsys_core.models.base import Recommender
from recsys_core.models.blend import Blend, Member
from recsys_core.models.checkpoint import Session
from recsys_core.models.registry import IMPORTED, model_class, spec
from recsys_core.runs import DONE, Run, list_runs, open_run
from recsys_core.serving.base import Scorer
from recsys_core.serving.blend import BlendScorer
from recsys_core.serving.load import load_scorer
from recsys_core.training.reranked import Reranked, run_base

LEFT_OUT = ("random", "blend", "reranked", IMPORTED)
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
    if found is Blend:
        return Blend(settings, find_member=run_member)
    return Reranked(settings, find_base=run_base) if found is Reranked else found(settings)


def run_member(name: str, split: Split, session: Session) -> Member:
    """The finished run of that id as a member."""
    run = open_run(name)
    return Member(run.id, validated_scorer(run, split, session), run.scorer())


def kept_validated(run: Run) -> Scorer | None:
    """What `validated_scorer` made and kept, without TensorFlow; None where nobody needed it yet."""
    folder = run.folder / VALIDATED
    return load_scorer(folder) if (folder / "serving.json").exists() else None


def validated_scorer(run: Run, split: Split, session: Session) -> Scorer:
    """The run's model as learned from training rows alone, as it was when its epochs were chosen; kept once made.

    For a network this needs TensorFlow, so it belongs into a worker.

    Raises:
        DataError: the run was stopped before it was complete.
        NotFound: a member of a blend is gone.
    """
    kept = kept_validated(run)
    if kept is not None:
        return kept
    if run.status["state"] != DONE:
        raise DataError(
            what=_("it was stopped before it was complete, so it cannot be learned again as it was"),
            where=_("run {id}").format(id=run.id),
            remedy=_("train it again to the end"),
        )
    session.report({"type": "member", "run": run.id, "model": run.config.model})
    scorer = _learned_again(run, split, session)
    folder, building = run.folder / VALIDATED, run.folder / f".{VALIDATED}-{uuid.uuid4().hex[:8]}"
    scorer.save(building)
    try:
        building.rename(folder)
    except OSError:  # somebody else made it at the same moment
        shutil.rmtree(building)
    return scorer


def _learned_again(run: Run, split: Split, session: Session) -> Scorer:
    config, inner = run.config, without_validation(split)
    if config.model == Blend.name:
        blended = run.scorer()
        assert isinstance(blended, BlendScorer)
        members = [
            validated_scorer(open_run(name), split, session) for name in config.settings["members"].split(",")
        ]
        seen = inner.matrix(inner.fit_rows)
        return BlendScorer(members, blended.weights, seen, blended.intercept, blended.span)
    settings = dict(config.settings)
    if spec(config.model).network and "epochs" in settings:
        settings["epochs"] = max(1, int(run.status["epochs"]))

    def report(event: dict[str, Any]) -> None:
        if event["type"] == "epoch":  # of another model than the one whose curve is drawn
            session.report({**event, "type": "member_epoch"})

    model = model_class(config.model)(settings)
    model.fit(inner, seed=config.seed, report=report, should_stop=session.should_stop)
    if session.should_stop():
        raise Cancelled(what=_("it was stopped"), where=_("run {id}").format(id=run.id))
    return model.scorer
