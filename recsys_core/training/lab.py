"""The runs that the cold-start lab stands on: models judged on people whom they never met."""

from __future__ import annotations

from recsys_core.columns import PART
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import ACTIVE, Run, list_runs
from recsys_core.training.jobs import DEFAULT_SPLIT, configure, submit

AT_RANDOM = ("newcomer", "history_encoder", "ials")
FIRST = ("newcomer",)


def lab_runs(data: Dataset) -> list[tuple[str, SplitSpec]]:
    """What the lab needs: (model, split), the first rows by time only where the data have times."""
    wanted = [("cold-user", model) for model in AT_RANDOM]
    if data.has_time:
        wanted += [("cold-user-first", model) for model in FIRST]
    return [
        (model, SplitSpec.parse(protocol, seed=DEFAULT_SPLIT.seed))
        for protocol, model in wanted
        if data.kind in registry.kinds_of(model)
    ]


def train_lab(data: Dataset, *, actor: str) -> list[Run]:
    """Queues the runs of the lab that are not there yet; the queued ones, in order.

    Raises:
        NotSupported: the data came with a test file of their own, whose rows no other split may learn from.
        ParamError: too few users to hold some out.
    """
    if PART in data.interactions:
        raise NotSupported(
            what=_("these data have test rows of their own, which nothing else may learn from"),
            where=_("data set {name}").format(name=data.name),
            remedy=_("import the training file alone, under another name"),
        )
    have = {
        (run.config.model, run.config.split, run.config.split_seed)
        for run in list_runs()
        if run.config.fingerprint == data.fingerprint and (run.has_model or run.state in ACTIVE)
    }
    k = min(10, data.n_items)
    return [
        submit(configure(data, model, actor=actor, split=split, k=k))
        for model, split in lab_runs(data)
        if (model, str(split), split.seed) not in have
    ]
