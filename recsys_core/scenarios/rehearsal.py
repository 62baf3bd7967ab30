"""A run's lists as they would have been before its validation rows were known: what a dial may be tuned on.

The run's model is learned once more from training rows alone and kept beside the run. Opened again it is a `Serving`
like any other, whose held-out rows are the validation rows; test rows are not in it at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.evaluate import candidate_table
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.models.blend import without_validation
from recsys_core.models.checkpoint import Session
from recsys_core.models.registry import spec
from recsys_core.ranking.rerank import POOL
from recsys_core.ranking.top_k import rank_users
from recsys_core.runs import Run
from recsys_core.scenarios.lists import Serving
from recsys_core.training.members import kept_validated, validated_scorer
from recsys_core.types import Report, ShouldStop, never_stop, no_report

CANDIDATES = "validated-candidates.parquet"


def check_rehearsable(run: Run, data: Dataset) -> Split:
    """The split whose test rows are the run's validation rows; the run's own test rows are in no part of it.

    Raises:
        NotSupported: items are held out whole, the run is itself re-ranked or was made elsewhere, or there is nothing to
            judge on.
    """
    split = run.split(data)
    where = _("run {id}").format(id=run.id)
    if split.spec.protocol == "cold-item":
        raise NotSupported(
            what=_("its split holds {items} out whole, so its lists are of those alone").format(
                items=data.words.items
            ),
            where=where,
            remedy=_("choose a run with another split"),
        )
    if run.config.model == "reranked":
        raise NotSupported(
            what=_("it is re-ranked already"), where=where, remedy=_("choose the run that it was made of")
        )
    if spec(run.config.model).elsewhere:
        raise NotSupported(
            what=_(
                "its scores were made elsewhere, so it cannot learn once more without its validation rows"
            ),
            where=where,
            remedy=_("choose a run that was trained here; a list can be re-ranked all the same"),
        )
    if not len(split.valid):
        raise NotSupported(
            what=_("its split has no validation rows"),
            where=where,
            remedy=_("choose another split, or data with more rows per {user}").format(user=data.words.user),
        )
    return without_validation(split)


def open_rehearsal(run: Run, data: Dataset | None = None) -> Serving | None:
    """What `make_rehearsal` made, without TensorFlow; None where it was not made yet."""
    if not (run.folder / CANDIDATES).exists():
        return None
    scorer = kept_validated(run)
    if scorer is None:
        return None
    data = data or run.dataset()
    return Serving(run.id, data, check_rehearsable(run, data), scorer, run.folder / CANDIDATES)


def make_rehearsal(
    run: Run, *, report: Report = no_report, should_stop: ShouldStop = never_stop, data: Dataset | None = None
) -> Serving:
    """Learns the run's model from training rows alone, ranks with it, keeps both; what is kept is only opened.

    Raises:
        NotSupported: see `check_rehearsable`. DataError: the run was stopped before it was complete.
        Cancelled: it was stopped; nothing half-made remains.
    """
    data = data or run.dataset()
    inner = check_rehearsable(run, data)
    with Lock(run.folder / "rehearsal.lock").waited_for():
        kept = open_rehearsal(run, data)
        if kept is not None:
            return kept
        session = Session(run.config.seed, _told(report), should_stop)
        scorer = validated_scorer(run, run.split(data), session)
        report({"status": "ranking", "share": 0.0})
        serving = Serving(run.id, data, inner, scorer)
        users = np.unique(inner.triples(inner.test)[0])
        lists = rank_users(
            serving.ask,
            users,
            min(POOL, data.n_items),
            seen=serving.seen,
            seed=inner.spec.seed,
            report=lambda share: report({"status": "ranking", "share": share}),
        )
        files.write_table(run.folder / CANDIDATES, candidate_table(lists, users))
    return replace(serving, stored=run.folder / CANDIDATES)


def _told(report: Report) -> Callable[[dict[str, Any]], None]:
    """Events of the training as what a person waits for: the share that is done, and the time left."""

    def passed(event: dict[str, Any]) -> None:
        if event["type"] == "member_epoch":
            share = event["epoch"] / event["of"]
            report({"status": "learning", "share": share, "seconds_left": event.get("seconds_left")})
        elif event["type"] == "member":
            report({"status": "learning", "share": 0.0, "seconds_left": None})

    return passed
