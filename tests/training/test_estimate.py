"""The estimate before a training: for every model, quick, without TensorFlow, and it follows what makes work."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotFound, ParamError
from recsys_core.models import registry
from recsys_core.training import estimate as estimating
from recsys_core.training import estimate_sizes, estimate_speed, estimate_work
from recsys_core.training.estimate import Estimate, estimate, size
from recsys_core.training.estimate_costs import cost_of, fit_seconds, memory_mb
from recsys_core.training.estimate_past import past_of
from recsys_core.training.estimate_sizes import BEST_EPOCH, Epochs, Sizes
from recsys_core.training.estimate_speed import REFERENCE, Speed, measured, speed
from recsys_core.training.estimate_work import Work, count
from tests.conftest import Studio
from tests.helpers import finished_run

SPLIT = SplitSpec()
MILLION = Sizes.of(10_000, 4_000, 1_000_000, Kind.RATING, SPLIT)
HUNDRED = Sizes.of(943, 1_682, 100_000, Kind.RATING, SPLIT)
TRAINABLE = [one.name for one in registry.MODELS]
NETWORKS = [one.name for one in registry.MODELS if one.network]


def defaults(model: str, **given: Any) -> dict[str, Any]:
    return {spec.name: spec.default for spec in registry.params_of(model)} | given


def fit_of(model: str, sizes: Sizes, speed: Speed = REFERENCE, **given: Any) -> float:
    cost = cost_of(model, network=registry.spec(model).network)
    return fit_seconds(cost, count(model, defaults(model, **given), sizes), Epochs(10, 10), speed)


@pytest.mark.parametrize("model", TRAINABLE)
def test_every_model_has_an_estimate_in_seconds_and_megabytes(model: str, studio: Studio) -> None:
    settings = {"base": studio.runs["ease"]} if model == "reranked" else {}
    found = estimate(studio.data, model, settings=settings)
    assert 0 < found.least <= found.seconds <= found.most < 3600
    assert 100 < found.memory_mb < 4000
    assert found.disk_mb >= 0 and found.warnings == ()
    assert found.sentence.endswith("of memory at its peak.") and "rows to learn from" in found.basis
    assert set(found.to_json()) >= {"seconds", "seconds_range", "memory_mb", "memory_free_mb", "basis"}


def test_an_estimate_takes_milliseconds(studio: Studio) -> None:
    estimate(studio.data, "history_encoder")  # reads the finished runs once
    started = time.process_time()
    for _time in range(5):
        estimate(studio.data, "history_encoder")
    assert (time.process_time() - started) / 5 < 0.05


@pytest.mark.parametrize(
    "model", [name for name in TRAINABLE if name not in ("blend", "reranked", "newcomer")]
)
def test_more_data_take_more_time_and_memory(model: str) -> None:
    assert fit_of(model, MILLION) >= fit_of(model, HUNDRED)
    cost = cost_of(model, network=registry.spec(model).network)
    small, large = (
        memory_mb(cost, count(model, defaults(model), sizes), sizes, ratings=False)
        for sizes in (HUNDRED, MILLION)
    )
    assert large > small


@pytest.mark.parametrize(
    ("model", "dial", "more"),
    [
        ("history_encoder", "embedding_size", 512),
        ("history_encoder", "members", 8),
        ("autoencoder", "hidden_units", 1024),
        ("two_tower", "embedding_size", 512),
        ("sequence", "history_length", 400),
        ("mf", "members", 12),
        ("rating_autoencoder", "hidden_units", 2000),
        ("embedding_mlp", "layers", 4),
        ("ials", "embedding_size", 256),
        ("markov", "window", 80),
    ],
)
def test_a_dial_that_makes_work_is_counted(model: str, dial: str, more: int) -> None:
    assert fit_of(model, MILLION, **{dial: more}) > 1.2 * fit_of(model, MILLION)


def test_the_defaults_on_movielens_take_what_was_measured() -> None:
    """Figures of docs/benchmarks.json on a quiet machine of two cores, and peaks as they were measured."""
    seconds = {"history_encoder": 9.8, "autoencoder": 13.0, "two_tower": 19.0, "mf": 34.6, "ials": 1.6}
    peaks = {
        "history_encoder": 1269,
        "two_tower": 976,
        "mf": 941,
        "sequence": 1293,
        "ease": 312,
        "popularity": 258,
    }
    for model, taken in seconds.items():
        expected = estimate_sizes.expected_epochs
        job = count(model, defaults(model), HUNDRED)
        epochs = expected(model, defaults(model), defaults(model), SPLIT, job.refit.calls).guess
        cost = cost_of(model, network=registry.spec(model).network)
        assert taken / 1.6 < fit_seconds(cost, job, epochs, REFERENCE) < taken * 1.6, model
    for model, peak in peaks.items():
        cost = cost_of(model, network=registry.spec(model).network)
        found = memory_mb(cost, count(model, defaults(model), HUNDRED), HUNDRED, ratings=model == "mf")
        assert peak / 1.3 < found < peak * 1.3, model


def test_early_stopping_is_a_range_and_an_earlier_run_says_where_it_stops() -> None:
    settings = defaults("history_encoder")
    found = estimate_sizes.expected_epochs("history_encoder", settings, settings, SPLIT, 8.0)
    assert found.least.train < found.guess.train <= found.most.train == 40
    told = estimate_sizes.expected_epochs("history_encoder", settings, settings, SPLIT, 8.0, best=5.0)
    assert told.guess == Epochs(21.0, 5.0)  # 5 + patience 16
    slow = settings | {"learning_rate": 0.001}
    assert (
        estimate_sizes.expected_epochs("history_encoder", slow, settings, SPLIT, 79.0).guess.refit
        > estimate_sizes.expected_epochs("history_encoder", settings, settings, SPLIT, 79.0).guess.refit
    )


def test_what_will_not_fit_is_said_and_what_is_close_too(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_free(megabytes: int) -> Estimate:
        monkeypatch.setattr(estimating, "free_bytes", lambda: megabytes * 1_000_000)
        return estimate(studio.data, "history_encoder")

    needed = round(with_free(10**6).memory_mb)
    assert with_free(2 * needed).warnings == ()
    assert "It may not fit" in with_free(round(1.1 * needed)).warnings[0]
    assert "It will not fit" in with_free(round(0.5 * needed)).warnings[0]


def test_a_finished_run_of_the_same_model_corrects_the_next_estimate(
    workspace: Path, little: Dataset
) -> None:
    keep_dataset(little, actor="test")
    before = estimate(little, "ease")
    run = finished_run(little, "ease")
    taken = {"prepare": 0.1, "fit": 3.0, "evaluate": 2.0}
    run.set_state("done", seconds=taken, peak_rss_mb=700.0, epochs=0)
    after = estimate(little, "ease")
    assert after.seconds > 1.5 * before.seconds and after.memory_mb > 1.5 * before.memory_mb
    assert "these data took (1)" in after.basis
    assert estimate(little, "ease", look_back=False).seconds == pytest.approx(before.seconds)
    assert past_of("ials", little.fingerprint, SPLIT, REFERENCE).n == 0


def test_a_run_that_cannot_be_read_corrects_nothing(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    run = finished_run(little, "popularity")
    run.set_state("done", seconds={"prepare": "x"})
    assert past_of("popularity", little.fingerprint, SPLIT, REFERENCE).n == 0


def test_bad_settings_are_refused_as_everywhere(studio: Studio) -> None:
    with pytest.raises(ParamError, match="parameter epochs: 0 is not allowed"):
        estimate(studio.data, "history_encoder", settings={"epochs": 0})
    with pytest.raises(NotFound, match="no model"):
        estimate(studio.data, "nothing")


def test_the_speed_of_the_machine_is_kept_and_measured_anew_for_other_cores(workspace: Path) -> None:
    first = speed(2)
    assert speed(2) == first and (workspace / estimate_speed.FILE).exists()
    assert speed(4).cores == 4
    (workspace / estimate_speed.FILE).write_text("{}")
    assert speed(2).products > 0


def test_a_slower_core_takes_longer_and_more_cores_less() -> None:
    work = Work(flops=1e12, cells=1e10, scattered=1e9, calls=100)
    slow = Speed(REFERENCE.products / 2, 2)
    assert slow.seconds(work, 1e-3) == pytest.approx(2 * REFERENCE.seconds(work, 1e-3))
    many = Speed(REFERENCE.products, 8)
    assert many.seconds(work, 1e-3) < REFERENCE.seconds(work, 1e-3)
    assert measured(2).pace > 0


@pytest.mark.parametrize(
    ("split", "fit", "judged"),
    [
        ("user-random:0.2", 80_000, 943),
        ("last:1", 99_057, 943),
        ("cold-user:5", 80_000, 189),
        ("given", 80_000, 943),
    ],
)
def test_sizes_follow_the_split(split: str, fit: int, judged: int) -> None:
    found = Sizes.of(943, 1_682, 100_000, Kind.RATING, SplitSpec.parse(split, seed=42))
    assert (found.fit, found.judged) == (fit, judged)
    assert 0 < found.train <= found.fit


def test_a_model_that_nobody_counted_is_taken_for_a_usual_network() -> None:
    odd = {"embedding_size": 64, "hidden_units": "many", "batch_size": 32}
    assert count("mine", odd, HUNDRED).weights > 0
    assert count("mine", {}, HUNDRED).refit.calls > 0


@pytest.mark.parametrize("mb_and_words", [(12.3, "12 MB"), (850, "850 MB"), (1262, "1.3 GB")])
def test_sizes_in_words(mb_and_words: tuple[float, str]) -> None:
    assert size(mb_and_words[0]) == mb_and_words[1]


def test_every_network_that_stops_early_has_its_usual_best_epoch() -> None:
    without = {"embedding_mlp"}  # all its epochs, once
    assert set(BEST_EPOCH) | without >= set(NETWORKS)


def test_the_counts_stand_on_the_constants_of_the_models() -> None:
    from recsys_core.models import list_measure, list_model, mf, sequence, tower_batches

    assert estimate_work.WATCHED_USERS == list_measure.WATCHED_USERS
    assert estimate_work.CELLS_A_BLOCK == list_measure.CELLS_A_BLOCK
    assert estimate_work.LEAST_STEPS == list_model.LEAST_STEPS
    assert estimate_work.MOST_MF_STEPS == mf.MOST_STEPS
    assert estimate_work.MOST_CANDIDATES == tower_batches.MOST_CANDIDATES
    assert (estimate_work.EPOCH_EXAMPLES, estimate_work.MOST_APART) == (
        sequence.EPOCH_EXAMPLES,
        sequence.MOST_APART,
    )
    assert len(sequence.PACES) == estimate_work.PACES
