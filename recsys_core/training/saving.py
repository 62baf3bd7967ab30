"""Saving where the dial stands as a run."""

from __future__ import annotations

from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.ranking.rerank import METHODS, Setting
from recsys_core.runs import ACTIVE, DONE, Run, list_runs
from recsys_core.training.jobs import configure, submit
from recsys_core.training.reranked import NAME, THE_USUAL

LONGEST_NAME = 40


def save_setting(run: Run, setting: Setting, *, k: int, name: str = "", actor: str) -> Run:
    """Queues a re-ranked run, which is measured on test once; where the same one is there already, that.

    Args:
        k: length of the lists that are re-ranked; the run is judged at the base's own k, so that both stand together.

    Raises:
        ParamError: the run is re-ranked itself, or not finished.
    """
    config = run.config
    settings = {
        "base": run.id,
        "method": setting.method,
        "strength": setting.strength,
        "distance": (setting.distance or THE_USUAL) if setting.uses_distance else THE_USUAL,
        "length": k,
    }
    asked = configure(
        run.dataset(),
        NAME,
        actor=actor,
        settings=settings,
        split=config.split_spec,
        k=config.k,
        name=name.strip() or saved_name(run, setting),
    )
    for other in list_runs():
        if other.config.same_work(asked) and other.state in (*ACTIVE, DONE):
            return other
    return submit(asked)


def saved_name(run: Run, setting: Setting) -> str:
    """What it is called where nobody says otherwise: `EASE · Mix 0.50`."""
    base = run.config.name or _(registry.spec(run.config.model).title)
    tail = f" · {_(METHODS[setting.method][0])} {setting.strength:.2f}"
    room = LONGEST_NAME - len(tail)
    return (base if len(base) <= room else base[: room - 1] + "…") + tail
