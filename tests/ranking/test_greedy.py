"""Greedy sums of terms against plain loops, and against an independent library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyversity import Strategy, diversify

from recsys_core.evaluation.beyond import unit_rows
from recsys_core.ranking.greedy import OWN_SHARE, SMOOTHING, Mirror, Term, Unlikeness, Volume, pick
from recsys_core.ranking.kinds import miscalibration
from recsys_core.types import FloatArray, IntArray

P, D, K = 15, 6, 5
SEEDS, STRENGTHS = st.integers(0, 10_000), st.floats(0.02, 0.98)


def _candidates(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Relevance in [0, 1], best first, and unit vectors of P candidates."""
    rng = np.random.default_rng(seed)
    relevance = np.sort(rng.random(P))[::-1]
    relevance = (relevance - relevance[-1]) / (relevance[0] - relevance[-1])
    return relevance, unit_rows(rng.random((P, D)) * (rng.random((P, D)) < 0.6))


def _picked(values: FloatArray, terms: list[Term], k: int = K) -> IntArray:
    return pick(values[None], np.zeros((1, len(values)), dtype=bool), terms, k)[0]


def _near_best(worths: list[FloatArray], picks: IntArray) -> None:
    """At each step the pick is worth as much as the best that was left, to single precision."""
    taken: list[int] = []
    for worth, chosen in zip(worths, picks, strict=True):
        left = [place for place in range(len(worth)) if place not in taken]
        assert worth[chosen] >= max(worth[place] for place in left) - 1e-5
        taken.append(int(chosen))
    assert len(set(taken)) == len(taken)


@given(SEEDS, STRENGTHS)
def test_unlikeness_equals_the_plain_loop(seed: int, strength: float) -> None:
    relevance, vectors = _candidates(seed)
    values = (1 - strength) * relevance
    picks = _picked(values, [Unlikeness(vectors[None], strength)])
    worths = []
    for place in range(K):
        so_far = picks[:place]
        mean = [
            float(np.mean([vectors[one] @ vectors[i] for i in so_far])) if place else 0.0 for one in range(P)
        ]
        worths.append(values - strength * np.array(mean))
    _near_best(worths, picks)


@given(SEEDS, STRENGTHS)
def test_volume_equals_the_determinants(seed: int, strength: float) -> None:
    relevance, vectors = _candidates(seed)
    kernel = (1 - OWN_SHARE) * vectors @ vectors.T
    np.fill_diagonal(kernel, 1.0)
    values = (1 - strength) * relevance
    picks = _picked(values, [Volume(vectors[None], strength, K)])
    worths = []
    for place in range(K):
        so_far = picks[:place].tolist()
        before = np.linalg.det(kernel[np.ix_(so_far, so_far)])
        gains = []
        for one in range(P):
            rows = [*so_far, one]
            after = np.linalg.det(kernel[np.ix_(rows, rows)]) if one not in so_far else 0.0
            gains.append(np.log(max(after / before, 1e-3)))
        worths.append(values + strength * np.array(gains))
    _near_best(worths, picks)


@given(SEEDS, st.floats(0.05, 0.9))
def test_volume_equals_an_independent_library(seed: int, strength: float) -> None:
    relevance, vectors = _candidates(seed)
    known = np.linalg.norm(vectors, axis=1) > 0
    relevance, vectors = relevance[known], vectors[known]
    own = np.hstack([np.sqrt(1 - OWN_SHARE) * vectors, np.sqrt(OWN_SHARE) * np.eye(len(vectors))])
    # the library weighs by exp(beta z); its kernel's logarithm then holds 2 beta z
    beta = (1 - strength) / strength * relevance.std() / 2
    theirs = diversify(own, relevance, k=K, strategy=Strategy.DPP, diversity=0.5, scale=2 * beta)
    ours = _picked((1 - strength) * relevance, [Volume(vectors[None], strength, K)])
    kernel = own @ own.T

    def value(picks: IntArray) -> float:
        inside = np.linalg.slogdet(kernel[np.ix_(picks, picks)])[1]
        return float((1 - strength) * relevance[picks].sum() + strength * inside)

    # in single precision two candidates may tie; the lists must be worth the same
    assert value(ours) == pytest.approx(value(theirs.indices), abs=2e-3)


@given(SEEDS, STRENGTHS)
def test_two_picks_by_unlikeness_are_those_of_an_independent_library(seed: int, strength: float) -> None:
    relevance, vectors = _candidates(seed)
    theirs = diversify(vectors, relevance, k=2, strategy=Strategy.MMR, diversity=strength)
    ours = _picked((1 - strength) * relevance, [Unlikeness(vectors[None], strength)], k=2)

    def value(picks: IntArray) -> float:
        return float(
            (1 - strength) * relevance[picks].sum() - strength * vectors[picks[0]] @ vectors[picks[1]]
        )

    assert value(ours) == pytest.approx(value(theirs.indices), abs=1e-5)


@given(SEEDS, STRENGTHS)
def test_mirror_equals_the_divergence_of_each_possible_list(seed: int, strength: float) -> None:
    relevance, kinds = _candidates(seed)
    kinds = kinds / np.maximum(kinds.sum(axis=1, keepdims=True), 1e-9)
    taste = np.random.default_rng(seed + 1).dirichlet(np.ones(D))[None]
    values = (1 - strength) * relevance
    picks = _picked(values, [Mirror(kinds[None].astype(np.float32), taste, strength)])
    worths = []
    for place in range(K):
        lists = [[*picks[:place], one] for one in range(P)]
        mixes = np.array([kinds[rows].mean(axis=0) for rows in lists])
        worths.append(values - strength * miscalibration(np.repeat(taste, P, axis=0), mixes))
    _near_best(worths, picks)


def test_divergence_by_hand() -> None:
    taste, mix = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])
    smoothed = (1 - SMOOTHING) * mix + SMOOTHING * taste
    by_hand = 0.5 * np.log(0.5 / smoothed[0, 0]) + 0.5 * np.log(0.5 / smoothed[0, 1])
    assert miscalibration(taste, mix)[0] == pytest.approx(by_hand)
    assert miscalibration(taste, taste)[0] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(miscalibration(np.zeros((1, 2)), mix)[0])


def test_places_without_a_candidate_are_picked_last() -> None:
    absent = np.array([[False, True, False, False]])
    places = pick(np.array([[-5.0, 9.0, -7.0, -6.0]]), absent, [], 4)
    assert places.tolist() == [[0, 3, 2, 1]]
