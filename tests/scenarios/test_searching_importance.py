"""Which settings matter: a planted effect is found, chance is called chance, few trials say nothing."""

from __future__ import annotations

import time

import numpy as np
import pytest

from recsys_core.scenarios.searching_importance import LEAST_TRIALS, Importance, importance
from recsys_core.training.study import FAILED, PARAM, PRUNED
from tests.searched import LEARNING, RANGES, drawn, table, trial


def _importance(trials: object, sign: int = 1) -> Importance:
    return importance(trials, RANGES, model="history_encoder", sign=sign)  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_effect_is_found_in_either_direction(sign: int) -> None:
    trials = drawn(40, effect=0.1)
    trials["value"] *= sign
    found = _importance(trials, sign)
    assert found.table["title"].iloc[0] == "Learning rate"
    assert list(found.table["real"]) == [True, False, False]
    assert found.table["share"].sum() == pytest.approx(1.0)
    assert found.sentence == "Learning rate matters more than chance explains, after 40 trials."


def test_chance_is_called_chance() -> None:
    named = [int(_importance(drawn(30, effect=0.0, seed=seed)).table["real"].any()) for seed in range(6)]
    assert sum(named) <= 2  # one of twenty searches without any effect may name one
    quiet = _importance(drawn(30, effect=0.0, seed=named.index(0)))
    assert quiet.sentence == "No setting stands out from chance after 30 trials."


def test_few_trials_say_nothing() -> None:
    found = _importance(drawn(LEAST_TRIALS - 1, effect=0.1))
    assert found.table.empty
    assert (
        found.sentence == "9 trials have ended: too few to tell which settings matter. It shows from 10 on."
    )
    assert _importance(table([])).sentence.startswith("0 trials have ended")


def test_pruned_trials_count_as_none_of_the_best_and_failed_ones_do_not_count() -> None:
    rows = drawn(20, effect=0.1)
    bad = [
        trial(20 + place, PRUNED if place < 10 else FAILED, **{f"{PARAM}learning_rate": 1e-4 * (1 + place)})
        for place in range(15)
    ]
    both = table([*rows.to_dict("records"), *bad])
    found = _importance(both)
    assert found.n == 30
    assert found.table["title"].iloc[0] == "Learning rate"


def test_a_setting_that_never_changed_is_left_out_and_a_constant_value_names_nothing() -> None:
    still = drawn(20, effect=0.1).assign(**{f"{PARAM}target": "liked"})
    assert set(_importance(still).table["name"]) == {"learning_rate", "embedding_size"}
    assert _importance(table([trial(n, value=0.1) for n in range(20)])).table.empty
    flat = _importance(drawn(20, effect=0.0).assign(value=0.1))
    assert np.isfinite(flat.table["share"]).all() and not flat.table["real"].any()


def test_one_setting_alone_is_held_against_chance_too() -> None:
    found = importance(drawn(40, effect=0.1), (LEARNING,), model="history_encoder", sign=1)
    assert list(found.table["share"]) == [1.0] and bool(found.table["real"].iloc[0])


def test_it_takes_a_moment_also_with_fifty_trials() -> None:
    trials = drawn(50, effect=0.1)
    _importance(trials)
    began = time.process_time()
    _importance(trials)
    assert time.process_time() - began < 2.0  # 0.3 s on a quiet machine
