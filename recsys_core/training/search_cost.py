"""Before a search: how long its budget will take, from the estimates of single trainings."""

from __future__ import annotations

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.models import registry
from recsys_core.training.estimate import Estimate, estimate
from recsys_core.training.study_config import StudyConfig, budget

POINTS = 7
"""Settings, beside the default ones, whose estimates are averaged."""
START_SECONDS, START_NETWORK_SECONDS = 2.0, 7.0
"""Until a process of the study has loaded what it needs."""


def expected_seconds(config: StudyConfig, data: Dataset) -> float:
    """How long the study will take to the end of its trials, if none is pruned; its minutes at most."""
    n, minutes = budget(config)
    rng = np.random.default_rng(config.seed)
    spread = {one.name: rng.permuted(np.array(one.points(POINTS), dtype=object)) for one in config.ranges}
    drawn = [
        {name: values[place % len(values)] for name, values in spread.items()} for place in range(POINTS)
    ]
    costs = [
        _of_a_trial(estimate(data, config.model, settings=config.settings_of(one), split=config.split_spec))
        for one in ({}, *drawn)
    ]
    start = START_NETWORK_SECONDS if registry.spec(config.model).network else START_SECONDS
    # the default settings are measured beside
    seconds = start + (n + 1) * float(np.mean(costs)) / min(config.workers, n)
    return seconds if minutes is None else min(seconds, 60.0 * minutes)


def _of_a_trial(whole: Estimate) -> float:
    """Of a training's seconds those of a trial, which is not fitted anew in the end."""
    epochs = whole.epochs
    if epochs is None or not epochs.train:
        return whole.seconds
    return whole.seconds * epochs.train / (epochs.train + epochs.refit)
