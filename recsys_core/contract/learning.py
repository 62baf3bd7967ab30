"""How a model learns: from training rows and its seed alone, stopped, killed and resumed, from each kind of data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core.columns import Kind
from recsys_core.contract.subject import CLOSE, Subject, refused, tiny_split
from recsys_core.errors import Cancelled, NotSupported
from recsys_core.models.checkpoint import Checkpoint
from recsys_core.models.registry import kinds_of, spec


def held_out_rows_are_never_read_and_the_seed_decides(one: Subject) -> None:
    """Learned again with the same seed where the test rows are nonsense, it gives the same scores."""
    rows = one.split.dataset.interactions.copy()
    rows.loc[one.split.test, ["item", "value"]] = 0, 1.0
    spoilt = replace(one.split.dataset, interactions=rows.astype(one.split.dataset.interactions.dtypes))
    again = one.unfitted().fit(replace(one.split, dataset=spoilt), seed=1)
    what = "scores change with test rows, or from one training to the next with the same seed"
    np.testing.assert_allclose(one.catalogue(again), one.catalogue(), atol=CLOSE, err_msg=what)


def a_network_that_is_stopped_keeps_a_whole_epoch(one: Subject) -> None:
    """Stopped at once there is nothing to keep; stopped after an epoch that one is kept."""
    if not spec(one.name).network:
        return
    with refused(Cancelled, "before the first epoch"):
        one.unfitted().fit(one.split, seed=1, should_stop=lambda: True)
    told: list[dict[str, Any]] = []
    stopped: Any = one.unfitted()
    stopped.fit(one.split, seed=1, report=told.append, should_stop=lambda: len(told) >= 1)
    assert [event["epoch"] for event in told] == [1]
    assert stopped.trained.stopped and stopped.trained.best_epoch == 1
    assert np.isfinite(one.catalogue(stopped)).all()


class Killed(Exception):
    """Stands for the death of a process."""


def a_resumed_training_equals_an_undisturbed_one(one: Subject) -> None:
    """Killed after one epoch, and once more later on, it goes on from its checkpoint and ends the same."""
    if not spec(one.name).network:
        return
    with tempfile.TemporaryDirectory() as made:
        again: Any = one.unfitted()
        for dies_after in (1, 2, 1_000_000):
            again, kept = one.unfitted(), Checkpoint(Path(made), every=0.0)
            try:
                again.fit(one.split, seed=1, report=_killer(dies_after), checkpoint=kept)
            except Killed:
                continue
    np.testing.assert_allclose(one.catalogue(again), one.catalogue(), atol=CLOSE)


def _killer(dies_after: int) -> Callable[[dict[str, Any]], None]:
    told: list[dict[str, Any]] = []

    def report(event: dict[str, Any]) -> None:
        told.append(event)
        if len(told) >= dies_after:
            raise Killed

    return report


def it_learns_from_its_kinds_of_data_and_refuses_the_others(one: Subject) -> None:
    """Ratings, choices, clicks."""
    clicks = replace(tiny_split(), dataset=replace(tiny_split().dataset, kind=Kind.CLICK))
    for kind in Kind:
        split = clicks if kind is Kind.CLICK else tiny_split(kind)
        if kind not in kinds_of(one.name):
            with refused(NotSupported, f"does not learn from {kind.value} data"):
                one.unfitted().fit(split, seed=1)
        elif split is not one.split:
            scores = one.unfitted().fit(split, seed=1).score_catalogue(np.arange(5))
            assert np.isfinite(scores).all(), f"scores of {kind.value} data are no numbers"
