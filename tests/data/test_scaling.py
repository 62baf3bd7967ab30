from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.scaling import SCALINGS, LogScaler, MinMaxScaler, ZScoreScaler, fit_scaler, scaler_of
from recsys_core.errors import DataError

NAMES = st.sampled_from(list(SCALINGS))
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20).map(np.array)


def test_scalings_by_hand() -> None:
    values = np.array([1.0, 2.0, 5.0])
    assert MinMaxScaler.fit(values).transform(values).tolist() == [0, 0.25, 1]
    standard = ZScoreScaler.fit(values)
    assert (standard.mean, standard.sd) == (pytest.approx(8 / 3), pytest.approx(np.sqrt(26 / 9)))
    np.testing.assert_allclose(standard.transform(values), (values - 8 / 3) / np.sqrt(26 / 9))
    np.testing.assert_allclose(LogScaler.fit(values).transform(values), np.log([1, 2, 5]) / np.log(5))


@given(NAMES, VALUES, VALUES)
def test_any_scaling_is_undone_also_for_values_that_it_was_not_fitted_on(
    name: str, values: np.ndarray, others: np.ndarray
) -> None:
    scaler = fit_scaler(name, values)
    assert (scaler.low, scaler.high) == (values.min(), values.max())
    inside = np.maximum(others, values.min()) if name == "log" else others
    for given_values in (values, inside):
        scaled = scaler.transform(given_values)
        assert np.isfinite(scaled).all()
        size = max(1.0, float(np.abs(values).max()), float(np.abs(given_values).max()))
        np.testing.assert_allclose(scaler.inverse(scaled), given_values, atol=1e-8 * size, rtol=1e-6)


@given(NAMES, VALUES)
def test_a_scaling_is_made_again_from_its_numbers(name: str, values: np.ndarray) -> None:
    scaler = fit_scaler(name, values)
    again = scaler_of(name, scaler.numbers())
    assert again == scaler
    assert again.name == name
    assert all(isinstance(number, float) for number in scaler.numbers())


@given(NAMES, VALUES)
def test_order_is_kept(name: str, values: np.ndarray) -> None:
    scaled = fit_scaler(name, values).transform(np.sort(values))
    assert (np.diff(scaled) >= 0).all()


@pytest.mark.parametrize("name", list(SCALINGS))
def test_a_constant_stays_defined(name: str) -> None:
    scaler = fit_scaler(name, np.array([3.0, 3.0]))
    assert scaler.transform(np.array([3.0])).tolist() == [0.0]
    assert scaler.inverse(np.array([0.0])).tolist() == [3.0]
    assert np.isfinite(scaler.inverse(scaler.transform(np.array([-5.0, 9.0])))).all()


@pytest.mark.parametrize("name", list(SCALINGS))
@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_has_no_range_is_refused(name: str, values: list[float]) -> None:
    with pytest.raises(DataError, match="finite"):
        fit_scaler(name, np.array(values))


def test_an_unknown_scaling_is_a_bug() -> None:
    with pytest.raises(KeyError):
        fit_scaler("loud", np.array([1.0]))


def test_the_logarithm_stays_finite_far_outside_of_training() -> None:
    scaler = LogScaler.fit(np.array([1.0, 100.0]))
    assert scaler.transform(np.array([-50.0])).tolist() == [0.0]
    assert np.isfinite(scaler.inverse(np.array([1e9, -1e9]))).all()
