from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.evaluation.intervals import (
    DRAWS,
    Interval,
    mean_interval,
    paired_interval,
    percentile_interval,
    user_draws,
)


def _sample(n: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.4, 0.2, size=n)


@given(st.integers(1, 40), st.integers(0, 100))
def test_each_draw_holds_as_many_users_as_there_are(n_users: int, seed: int) -> None:
    draws = user_draws(n_users, seed, draws=20)
    assert draws.shape == (20, n_users)
    assert (draws.sum(axis=1) == n_users).all()
    assert (draws >= 0).all()


def test_every_user_is_drawn_equally_often() -> None:
    # 4,000 draws of 10 users: 4,000 times each, standard deviation 60
    counts = user_draws(10, 0, draws=4000).sum(axis=0)
    assert abs(counts - 4000).max() < 300


def test_the_interval_holds_the_mean() -> None:
    values = _sample(200)
    found = mean_interval(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.low < found.mean < found.high
    assert found.half_width == pytest.approx((found.high - found.low) / 2)


def test_the_interval_is_as_wide_as_the_normal_theory_says() -> None:
    values = _sample(400)
    assert mean_interval(values).half_width == pytest.approx(1.96 * values.std() / 20, rel=0.15)


def test_a_hundred_times_the_users_give_a_tenth_of_the_width() -> None:
    ratio = mean_interval(_sample(60)).half_width / mean_interval(_sample(6000)).half_width
    assert 7 < ratio < 13


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    intervals = [mean_interval(_sample(60, seed), seed=seed) for seed in range(200)]
    held = np.mean([one.low <= 0.4 <= one.high for one in intervals])
    assert 0.88 <= held <= 0.99  # standard deviation .015


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values = _sample(50)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_users_who_are_all_alike_leave_no_doubt() -> None:
    found = mean_interval(np.full(30, 0.25))
    assert (found.mean, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_nobody_gives_no_mean() -> None:
    found = mean_interval(np.array([]))
    assert np.isnan([found.mean, found.low, found.high]).all()


def test_the_middle_of_the_draws_is_taken_and_undefined_draws_are_left_out() -> None:
    draws = np.append(np.arange(101.0), [np.nan, np.nan])
    assert percentile_interval(draws) == pytest.approx((2.5, 97.5))
    assert percentile_interval(draws, level=0.5) == pytest.approx((25, 75))
    assert np.isnan(percentile_interval(np.array([np.nan]))).all()


def test_a_run_against_itself_differs_by_nothing() -> None:
    values = _sample(40)
    assert paired_interval(values, values) == Interval(0.0, 0.0, 0.0)


def test_a_constant_lead_is_certain_however_much_the_users_differ() -> None:
    values = _sample(40)
    found = paired_interval(values + 0.05, values)
    assert (found.mean, found.low, found.high) == pytest.approx((0.05, 0.05, 0.05))


def test_pairing_sees_a_lead_that_two_separate_intervals_hide() -> None:
    theirs = _sample(100)
    ours = theirs + np.random.default_rng(4).normal(0.02, 0.02, size=100)
    assert mean_interval(ours).low < mean_interval(theirs).high  # apart, they overlap
    assert paired_interval(ours, theirs).low > 0


def test_the_sign_follows_the_order_of_the_two_runs() -> None:
    ours, theirs = _sample(50, 1), _sample(50, 2)
    forth, back = paired_interval(ours, theirs), paired_interval(theirs, ours)
    assert (forth.mean, forth.low, forth.high) == pytest.approx((-back.mean, -back.high, -back.low))


def test_chance_alone_is_called_a_tie() -> None:
    found = paired_interval(_sample(300, 1), _sample(300, 2))
    assert found.low < 0 < found.high


def test_the_app_draws_often_enough_for_a_stable_interval() -> None:
    values = _sample(300)
    widths = [mean_interval(values, seed=seed).half_width for seed in range(10)]
    assert DRAWS == 500
    assert np.std(widths) / np.mean(widths) < 0.1
