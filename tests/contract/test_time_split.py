"""Models learn and are judged under the split by one moment, where many of those judged are new."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.registry import model_class, usable_for
from recsys_core.training.jobs import configure
from tests.fitted import QUICK

TIME = SplitSpec("time", 0.2, 42)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("history_encoder", marks=pytest.mark.long),
        pytest.param("mf", marks=pytest.mark.long),
        "ease",
        "popularity",
    ],
)
def test_everybody_with_a_test_row_is_judged_the_new_ones_too(name: str, little: Dataset) -> None:
    assert configure(little, name, actor="test", split=TIME, k=5).split == "time:0.2"
    split = make_split(little, TIME)
    judged = evaluate(model_class(name)(QUICK.get(name, {})).fit(split, seed=1).scorer, split, k=5)
    users, known = split.triples(split.test)[0], split.triples(split.fit_rows)[0]
    assert judged.n_judged == len(np.unique(users)) > 0
    assert len(np.setdiff1d(users, known)) > 0  # people without a training row are among them
    np.testing.assert_array_equal(judged.per_user["user"], np.unique(users))
    assert all(np.isfinite(value) for value in judged.metrics.values())
    assert 0 < judged.metrics["ndcg@5"] < 1


def test_every_model_may_be_judged_by_time() -> None:
    assert usable_for("time") == usable_for("random")
