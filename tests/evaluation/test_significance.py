"""Paired tests: against scipy, by hand, and whether they keep what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from recsys_core.evaluation.significance import (
    BETTER,
    TIE,
    WORSE,
    corrected,
    drawn_test,
    holm,
    paired_test,
    seed_error,
    with_seeds,
)


def test_p_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.random(50), rng.random(50)
    found = paired_test(ours, theirs)
    assert found.p == pytest.approx(ttest_rel(ours, theirs).pvalue)
    assert found.mean == pytest.approx(ours.mean() - theirs.mean())
    assert found.low < found.mean < found.high


def test_the_same_values_are_a_tie_and_a_constant_gap_is_none() -> None:
    values = np.random.default_rng(0).random(30)
    assert paired_test(values, values).verdict() == TIE
    assert paired_test(values + 0.25, values).verdict() == BETTER
    assert paired_test(values + 0.25, values).verdict(-1) == WORSE
    assert paired_test(values[:1] + 1, values[:1]).verdict() == TIE, "one user tells nothing"


def test_holm_by_hand() -> None:
    """Holm's own steps: .01 x 4, .02 x 3, .03 x 2, .04 x 1, never falling."""
    assert holm([0.02, 0.01, 0.04, 0.03]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    adjusted = np.array(holm(values))
    assert (adjusted >= np.array(values) - 1e-12).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= -1e-12).all()


def test_a_difference_that_many_comparisons_could_make_by_chance_is_a_tie() -> None:
    rng = np.random.default_rng(5)
    theirs = rng.normal(size=400)
    barely = paired_test(theirs + rng.normal(0.11, 1, size=400), theirs)
    assert 0.005 < barely.p < 0.05, "the case that the test is about"
    assert barely.verdict() == BETTER
    others = [paired_test(theirs + rng.normal(0, 1, size=400), theirs) for _ in range(9)]
    assert corrected([barely, *others])[0].verdict() == TIE


def test_a_figure_of_all_users_is_compared_in_the_same_draws() -> None:
    rng = np.random.default_rng(2)
    shared = rng.normal(0, 1, 500)  # both runs move together from draw to draw: pairing takes that out
    ours, theirs = 5.3 + shared + rng.normal(0, 0.05, 500), 5.0 + shared
    found = drawn_test(ours, theirs, 0.3)
    assert found.verdict() == BETTER
    assert found.high - found.low < 0.3
    assert drawn_test(theirs, theirs, 0.0).verdict() == TIE
    assert drawn_test(np.full(500, np.nan), theirs, 0.1).verdict() == TIE


def test_seeds_are_told_from_three_and_widen_only_then() -> None:
    assert seed_error([0.40, 0.42]) == (0.0, 0)
    error, freedom = seed_error([0.40, 0.42, 0.44])
    assert (error, freedom) == (pytest.approx(0.02), 2)
    rng = np.random.default_rng(1)
    theirs = rng.random(500)
    found = paired_test(theirs + 0.01 + rng.normal(0, 0.02, 500), theirs)
    assert found.verdict() == BETTER
    assert with_seeds(found, 500, (0.0, 0), (0.0, 0)) is found
    wider = with_seeds(found, 500, (error, freedom), (error, freedom))
    assert wider.verdict() == TIE
    assert wider.seeds_se == pytest.approx(0.02 * np.sqrt(2))
    assert wider.high - wider.low > 3 * (found.high - found.low)
    assert wider.mean == found.mean


def test_the_interval_with_seeds_is_that_of_welch() -> None:
    """Two sides of known spread and hardly any spread over users: Welch's two-sample t interval for single values."""
    rng = np.random.default_rng(4)
    found = paired_test(1 + 1e-9 * rng.random(10), np.zeros(10))
    wide = with_seeds(found, 10, (0.1, 4), (0.1, 4))
    from scipy.stats import t

    assert wide.high - wide.mean == pytest.approx(t.ppf(0.975, 8) * 0.1 * np.sqrt(2), rel=1e-6)
