"""Checks of the values: stand-ins for 'no value', nothing to learn, answers that are nearly always no."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.findings import Finding, Subject, Weight, finding, percent
from recsys_core.i18n import _
from recsys_core.types import BoolArray, FloatArray, IntArray

_FEWEST_STEPS, _GAPS = 4, 2.0
_SAMPLE, _SPANS, _SHARE = 200_000, 0.5, 0.001
_ZEROS_SHARE, _ZEROS_TIMES = 0.2, 3
_FEW_ONES = 0.01


def _stand_in(subject: Subject) -> Finding | None:
    if subject.index.data.kind is not Kind.RATING:
        return None
    values, counts = _scale(subject)
    if len(values) < _FEWEST_STEPS:
        return None
    odd = _apart(values, counts, subject.n_rows, steps=bool(subject.index.step_values)) | _too_many_zeros(
        values, counts
    )
    if not odd.any():
        return None
    sentence = _("{values} stands apart from the other values ({low:g} to {high:g}), in {share} of the rows.")
    return finding(
        "stand-in",
        Weight.SERIOUS,
        sentence.format(
            values=", ".join(f"{one:g}" for one in values[odd]),
            low=values[~odd].min(),
            high=values[~odd].max(),
            share=percent(counts[odd].sum() / subject.n_rows),
        ),
        _(
            "If it means 'no value', drop those rows in Prepare: a model would learn it as a low or high opinion."
        ),
        pd.DataFrame({subject.words.value: values, _("interactions"): counts, _("stands apart"): odd}),
    )


def _scale(subject: Subject) -> tuple[FloatArray, IntArray]:
    """The distinct values and how often each stands; where there are many, those of a sample and the two ends'."""
    index = subject.index
    if index.step_values:
        values = np.array(index.step_values)
        return values, np.bincount(index.value_code, minlength=len(values))
    every = index.value[:: 1 + subject.n_rows // _SAMPLE]
    values = np.unique(np.r_[every, index.value.min(), index.value.max()])
    counts = np.zeros(len(values), dtype=np.int64)
    for end in (0, -1):
        counts[end] = np.count_nonzero(index.value == values[end])
    return values, counts


def _apart(values: FloatArray, counts: IntArray, n_rows: int, *, steps: bool) -> BoolArray:
    """The least and the largest value where the gap beside them is large.

    On a scale of steps twice any other gap; on a finer one half of what the others span, and no single slip.
    """
    gaps = np.diff(values)
    limit = _GAPS * gaps[1:-1].max() if steps else _SPANS * (values[-2] - values[1])
    least = 1 if steps else max(2, _SHARE * n_rows)
    odd = np.zeros(len(values), dtype=bool)
    for end in (0, -1):
        odd[end] = gaps[end] >= limit and counts[end] >= least
    return odd


def _too_many_zeros(values: FloatArray, counts: IntArray) -> BoolArray:
    """Zero at the lower end, far more frequent than the next value."""
    odd = np.zeros(len(values), dtype=bool)
    many = counts[0] > _ZEROS_SHARE * counts.sum() and counts[0] > _ZEROS_TIMES * counts[1]
    odd[0] = values[0] == 0 and bool(many)
    return odd


def _nothing_to_learn(subject: Subject) -> Finding | None:
    index = subject.index
    if not index.constant or index.data.kind is Kind.IMPLICIT:
        return None
    return finding(
        "constant value",
        Weight.SERIOUS,
        _("Every {value} is {number:g}: there is nothing to predict.").format(
            value=subject.words.value, number=float(index.value[0])
        ),
        _("Import it as implicit feedback, or check which column holds the values."),
        pd.DataFrame({subject.words.value: index.value[:1], _("interactions"): [subject.n_rows]}),
    )


def _rare_ones(subject: Subject) -> Finding | None:
    index = subject.index
    if not index.binary or index.constant:
        return None
    ones = int(np.count_nonzero(index.value == 1))
    if ones > _FEW_ONES * subject.n_rows:
        return None
    return finding(
        "rare ones",
        Weight.NOTE,
        _("Only {share:.2%} of the rows are 1 ({n:,} of {of:,}).").format(
            share=ones / subject.n_rows, n=ones, of=subject.n_rows
        ),
        _("Accuracy says little here; look at log loss, calibration and PR-AUC, and mind wide intervals."),
        pd.DataFrame({subject.words.value: [0, 1], _("interactions"): [subject.n_rows - ones, ones]}),
    )


CHECKS = (_stand_in, _nothing_to_learn, _rare_ones)
