"""What curves say: made by hand, with noise, and real short trainings that provoke each case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.models import registry
from recsys_core.training.dials import Dial
from recsys_core.training.members import build_model
from recsys_core.training.verdict import Verdict, noise_of, verdict

SPECS = registry.params_of("history_encoder")
SETTINGS: dict[str, Any] = {spec.name: spec.default for spec in SPECS}


def curve(loss: Any, figure: Any = None, *, metric: str = "ndcg@10") -> pd.DataFrame:
    """A curve of watched epochs with these figures."""
    rows = pd.DataFrame({"phase": "train", "epoch": np.arange(1, len(loss) + 1), "loss": np.asarray(loss)})
    return rows if figure is None else rows.assign(**{f"valid_{metric}": np.asarray(figure)})


def said(*figures: Any, settings: dict[str, Any] | None = None, **more: Any) -> Verdict:
    found = verdict(curve(*figures, **more), SPECS, SETTINGS | (settings or {}))
    assert found is not None
    return found


def rising(n: int, pace: float) -> Any:
    """1 - exp(-epoch / pace)."""
    return 1 - np.exp(-np.arange(1, n + 1) / pace)


FALLING = 6 - rising(30, 8)


def test_what_is_still_rising_at_the_end_is_still_learning_and_is_told_how_long() -> None:
    found = said(FALLING, rising(30, 40))
    assert found.word == "learning"
    assert found.dial == Dial("epochs", "Epochs", 60, 40, found.dial.words if found.dial else "")
    assert found.sentence == ("Still learning when it ended at epoch 30. Turn Epochs up to 60 (it was 40).")
    assert "NDCG@10" in found.reason


def test_where_early_stopping_ended_it_more_patience_is_the_dial_and_not_more_epochs() -> None:
    figure = np.concatenate([rising(24, 40), np.full(6, rising(24, 40)[-1] - 0.001)])
    found = said(FALLING, figure, settings={"patience": 6})
    assert found.word == "learning" and found.dial is not None
    assert found.sentence == (
        "Still learning, with pauses, when early stopping ended it at epoch 30. Turn Patience up to 12 (it was 6)."
    )
    for more in (
        {"patience": 6, "epochs": 30},
        {"patience": 7},
        {"patience": 0},
    ):  # none of them stopped it early
        assert said(FALLING, figure, settings=more).dial.name == "epochs"  # type: ignore[union-attr]
    ended = verdict(curve(FALLING, figure), SPECS, SETTINGS | {"patience": 6}, stopped=True)
    assert ended is not None and ended.dial is not None and ended.dial.name == "epochs"


def test_a_curve_that_has_flattened_has_converged() -> None:
    found = said(FALLING, rising(30, 3))
    assert (found.word, found.dial and found.dial.name) == ("converged", "embedding_size")
    assert "try Embedding size 256 (it was 128)" in found.sentence


def test_a_figure_that_falls_from_its_peak_over_fits_since_the_epoch_after_it() -> None:
    figure = np.concatenate([rising(12, 4), rising(12, 4)[-1] - np.arange(1, 19) * 0.02])
    found = said(FALLING, figure)
    assert (found.word, found.since) == ("over-fitting", 13)
    assert found.sentence.startswith("Over-fitting since epoch 13")
    assert (found.dial and found.dial.name, found.dial and found.dial.value) == ("dropout", 0.7)


def test_three_falls_in_a_row_are_enough_on_a_short_curve_and_two_are_not() -> None:
    assert said([6.0, 5.9, 5.8, 5.7, 5.6], [0.10, 0.16, 0.15, 0.14, 0.13]).word == "over-fitting"
    assert said([6.0, 5.9, 5.8, 5.7], [0.10, 0.16, 0.15, 0.14]).word == "converged"


def test_lower_is_better_for_an_error() -> None:
    error = 1.2 - rising(30, 3) * 0.3
    assert said(FALLING, error, metric="rmse").word == "converged"
    assert said(FALLING, error[::-1].copy(), metric="rmse").word == "over-fitting"


@pytest.mark.parametrize(
    "loss",
    [[6.0, 5.0, np.nan, np.nan], [6.0, 9.0, 40.0, 900.0], [54, 91, 81, 80, 85, 69, 68, 110], [np.nan] * 3],
)
def test_a_loss_that_blows_up_has_diverged_and_a_smaller_step_is_named(loss: list[float]) -> None:
    found = said(loss, settings={"learning_rate": 0.5})
    assert found.word == "diverged"
    assert "Turn Learning rate down to 0.05 (it was 0.5)." in found.sentence


def test_what_gets_worse_from_the_first_epoch_on_has_diverged() -> None:
    found = said(6 + np.arange(12) * 0.1, 0.3 - np.arange(12) * 0.02)
    assert (found.word, found.since) == ("diverged", 2)


def test_one_lucky_epoch_at_the_end_is_not_learning() -> None:
    figure = np.full(30, 0.4) + np.tile([0.0, 0.004, -0.004], 10)
    figure[-1] += 0.002
    assert said(FALLING, figure).word == "converged"


def test_one_epoch_is_too_few_and_two_or_three_that_rise_are_still_learning() -> None:
    assert said([6.0], [0.1]).word == "too-few"
    assert said([6.0, 5.5], [0.1, 0.2]).word == "learning"
    assert said([6.0, 5.5, 5.2], [np.nan, 0.1, 0.15]).word == "learning"


def test_what_a_person_ended_is_said_first() -> None:
    found = verdict(curve(FALLING, rising(30, 40)), SPECS, SETTINGS, stopped=True)
    assert found is not None and found.word == "learning"
    assert found.sentence.startswith("Stopped early by you, at epoch 30. Still learning")


def test_where_epochs_are_at_their_most_the_learning_rate_is_the_dial() -> None:
    found = said(6 - rising(1000, 800), rising(1000, 800), settings={"epochs": 1000})
    assert found.word == "learning" and found.dial is not None
    assert (found.dial.name, found.dial.value) == ("learning_rate", 0.015)
    assert "slowly" in found.sentence


def test_without_validation_rows_the_loss_alone_is_read() -> None:
    assert said(6 - rising(30, 40)).word == "learning"
    assert said(6 - rising(30, 2)).word == "converged"
    refit = curve(6 - rising(30, 40)).assign(phase="refit")
    found = verdict(refit, SPECS, SETTINGS)
    assert found is not None and found.word == "learning"


def test_there_is_nothing_to_say_of_a_run_without_epochs() -> None:
    assert verdict(pd.DataFrame(), SPECS, SETTINGS) is None


@pytest.mark.parametrize("model", [one.name for one in registry.MODELS if one.network])
@pytest.mark.parametrize("shape", ["learning", "over-fitting", "diverged"])
def test_a_dial_lies_inside_its_range_and_moves(model: str, shape: str) -> None:
    curves = {
        "learning": (FALLING, rising(30, 40)),
        "over-fitting": (FALLING, rising(30, 3)[::-1].copy()),
        "diverged": ([6.0, 7.0, 99.0, 99.0], None),
    }
    specs = registry.params_of(model)
    found = verdict(curve(*curves[shape]), specs, {spec.name: spec.default for spec in specs})
    assert found is not None and found.word == shape and found.dial is not None
    spec = next(one for one in specs if one.name == found.dial.name)
    assert spec.parse(found.dial.value) == found.dial.value != spec.default
    assert f"{spec.title} " in found.sentence


@pytest.mark.parametrize(("shape", "words"), [
    ("rising", {"learning"}), ("fallen", {"over-fitting"}), ("flat", {"converged", "learning"}),
])  # fmt: skip
def test_noise_rarely_changes_a_clear_case(shape: str, words: set[str]) -> None:
    """Noise is a matter of chance, so is a verdict about it: of a hundred curves at most one may be misread."""
    misread = []
    for seed in range(250):
        rng = np.random.default_rng(seed)
        n, share = int(rng.integers(24, 81)), rng.uniform(0, 0.05)
        loss = 6 - rising(n, n / 4) + rng.normal(0, share * 0.1, n)
        flat = rising(n, 2)
        fallen = np.concatenate([flat[: n // 3], flat[n // 3 - 1] - np.arange(1, n - n // 3 + 1) / n])
        figure = {"rising": np.arange(n) / n, "fallen": fallen, "flat": flat}[shape]
        noise = rng.normal(0, share if shape == "flat" else share * 0.5, n)
        found = said(loss, figure + noise).word
        misread += [(seed, found)] * (found not in words)
    assert len(misread) <= 2, misread


@example(loss=[1e-301, 2e7], factor=1.0, seed=0)
@given(
    loss=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30),
    factor=st.floats(1e-6, 1e6),
    seed=st.integers(0, 99),
)
def test_anything_is_answered_and_units_do_not_matter(loss: list[float], factor: float, seed: int) -> None:
    figures = np.random.default_rng(seed).normal(0, 1, len(loss)).cumsum()
    found = verdict(curve(loss, figures), SPECS, SETTINGS)
    assert (found is None) == (not loss)
    if found is not None and max(np.abs(figures)) > 1e-3:
        again = verdict(curve(loss, figures * factor), SPECS, SETTINGS)
        assert again is not None and again.word == found.word


@example([(1.0, 1e308), (0.5, -1e308), (0.2, 1e308), (0.1, -1e308)])
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_no_pair_of_curves_breaks_it(pairs: list[tuple[float, float]]) -> None:
    found = verdict(curve(*zip(*pairs, strict=True)), SPECS, SETTINGS)
    assert found is not None and "nan" not in found.sentence + found.reason


@given(st.floats(0.01, 1.0))
def test_noise_is_measured_whatever_smooth_curve_it_lies_on(sigma: float) -> None:
    noise = np.random.default_rng(0).normal(0, sigma, 400)
    assert noise_of(10 * rising(400, 80) + noise) == pytest.approx(sigma, rel=0.2)


PROVOKED = {
    "diverged": ("mf", {"learning_rate": 1.0, "epochs": 4, "members": 1}),
    "learning": ("history_encoder", {"epochs": 2, "learning_rate": 0.001}),
    "over-fitting": (
        "rating_autoencoder",
        {"hidden_units": 512, "dropout": 0.0, "l2": 0.0, "learning_rate": 0.01, "epochs": 40, "patience": 0},
    ),
}


@pytest.mark.parametrize("word", PROVOKED)
def test_a_real_training_that_goes_so_is_called_so(word: str, little: Dataset) -> None:
    name, settings = PROVOKED[word]
    rows: list[dict[str, Any]] = []
    model = build_model(name, settings)
    model.fit(make_split(little, SplitSpec()), seed=0, report=rows.append)
    epochs = pd.DataFrame([row for row in rows if row["type"] == "epoch"])
    found = verdict(epochs, registry.params_of(name), model.settings)
    assert found is not None and found.word == word, (found, epochs)
