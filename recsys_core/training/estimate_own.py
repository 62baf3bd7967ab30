"""How much there is to do for a network of one's own, of which only its form and its settings are known.

Its layers are guessed from the usual names, `embedding_size` and `hidden_units`; a finished run corrects the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from recsys_core.models.own_found import own_models
from recsys_core.training.estimate_sizes import Sizes
from recsys_core.training.estimate_work import LEARNING, OPTIMIZER_PASSES, WATCHED_USERS, Job, Work, count

TABLES = 2
"""Vectors of a user, and of an item: one is usual, two are common."""
LIST_SIZE, PAIR_SIZE, HIDDEN = 128, 32, 64
TABLE_PASSES = 24
"""How often a step of Keras' Adam reads or writes a number of a table of which it moves some rows."""
BEST_SHARE = 0.6
"""Of the epochs that are asked for, where the best one is expected."""


def own_best(model: str, settings: Mapping[str, Any]) -> float | None:
    """The epoch that may be best; None of a model that is none of one's own."""
    return BEST_SHARE * float(settings["epochs"]) if own_models().find(model) else None


def own_job(model: str, settings: Mapping[str, Any], sizes: Sizes) -> Job:
    """What a run has to do; as `count` of a model of the app."""
    own = own_models().find(model)
    if own is None or own.model.form == "list":
        given = {"embedding_size": LIST_SIZE, "batch_size": 256, "members": 1} | dict(settings)
        return count("history_encoder", {**given, "hidden_units": 0}, sizes)
    return _pairs(own.model.form, settings, sizes)


def _pairs(form: str, settings: Mapping[str, Any], sizes: Sizes) -> Job:
    size, hidden = settings.get("embedding_size", PAIR_SIZE), settings.get("hidden_units", HIDDEN)
    dense = 3.0 * size * hidden + hidden
    tables = float(TABLES * (sizes.users + sizes.items) * size)
    shown = 1 + settings["negatives"] if form == "pair" else 1
    batch = settings["batch_size"]
    pairs, steps = float(sizes.train * shown), math.ceil(sizes.train / batch)
    moved = steps * (dense * OPTIMIZER_PASSES + tables * TABLE_PASSES)
    epoch = Work(LEARNING * dense * pairs, 12 * hidden * pairs + moved, 4 * size * TABLES * pairs, steps)
    score = Work(flops=2 * dense * sizes.items, cells=2 * sizes.items * (hidden + 2 * TABLES * size))
    watched = score * min(WATCHED_USERS, sizes.users) if form == "pair" else Work()
    held = batch * shown * (hidden + 2 * TABLES * size) * 3 + sizes.train * 6
    return Job(epoch + watched, epoch, score=score, weights=tables + dense, held=held)
