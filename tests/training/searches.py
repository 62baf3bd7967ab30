"""Studies for tests: small, on the data set `little`."""

from __future__ import annotations

from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.training.search_space import parse_range
from recsys_core.training.search_worker import Worker
from recsys_core.training.studies import Study, configure_study, create_study


def queued_study(data: Dataset, model: str, *ranges: str, **asked: Any) -> Study:
    """A study that waits; the data set must be in the workspace."""
    read = [parse_range(text, model) for text in ranges]
    method = asked.pop("method", "random")
    return create_study(configure_study(data, model, method=method, actor="test", ranges=read, **asked))


def tried_here(study: Study, *, stop_after: float = float("inf")) -> Study:
    """The study after one worker in this process; it is told to stop once so many trials have ended."""

    def why_stop() -> str:
        ended = study.trials()["state"].isin(("finished", "pruned", "failed")).sum()
        return "interrupt" if ended >= stop_after else ""

    assert Worker(study, why_stop).run()
    return study
