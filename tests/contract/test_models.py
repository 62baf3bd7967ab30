"""What every model promises, asked of each line of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_core import files
from recsys_core.columns import Kind
from recsys_core.contract import answers, learning
from recsys_core.errors import Cancelled, DataError, NotSupported, ParamError
from recsys_core.models.base import Recommender
from recsys_core.models.registry import (
    DEFAULT_MODEL,
    MODELS,
    ModelSpec,
    floors_for,
    model_class,
    models_for,
    params_of,
    spec,
)
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Scorer
from tests.fitted import QUICK, fitted, fresh, subject, tiny_split

NAMES = [one.name for one in MODELS]
NETWORKS = [one.name for one in MODELS if one.network]
SEEDED = ["random", "ials", *NETWORKS]
EVERYBODY = np.arange(tiny_split().dataset.n_users)
CLOSE = 1e-5

every_model = pytest.mark.parametrize("name", NAMES)
slow_networks = pytest.mark.parametrize(
    "name", [pytest.param(one.name, marks=[pytest.mark.long] * one.network) for one in MODELS]
)
"""Where every network learns anew, which takes minutes in all: networks only in `make long`."""


def _catalogue(model: Recommender | Scorer) -> np.ndarray:
    return model.score_catalogue(EVERYBODY)


@pytest.mark.parametrize("one", MODELS, ids=NAMES)
def test_the_table_says_what_the_class_says(one: ModelSpec) -> None:
    answers.the_table_says_what_the_class_says(subject(one.name))
    assert spec(one.name) is one


@every_model
def test_scores_are_finite_numbers_of_the_right_shape(name: str) -> None:
    answers.scores_are_finite_numbers_of_the_right_shape(subject(name))


@every_model
def test_pairs_are_scored_like_the_catalogue_and_ratings_stay_on_their_scale(name: str) -> None:
    answers.pairs_are_scored_like_the_catalogue(subject(name))


@every_model
def test_nobody_and_nothing_have_scores_too(name: str) -> None:
    answers.nobody_and_nothing_have_scores_too(subject(name))


@every_model
def test_another_seed_changes_the_scores_of_models_that_draw_and_of_no_other(name: str) -> None:
    gap = np.abs(_catalogue(fresh(name, seed=2)) - _catalogue(fitted(name))).max()
    assert (gap > 1e-3) == (name in SEEDED)


@every_model
def test_test_rows_are_never_read_and_the_same_seed_gives_the_same_scores(name: str) -> None:
    learning.held_out_rows_are_never_read_and_the_seed_decides(subject(name))


@every_model
def test_a_saved_model_serves_the_same_scores(name: str) -> None:
    answers.a_saved_model_serves_the_same_scores(subject(name))


@every_model
def test_a_model_folder_holds_nothing_that_could_run_code(name: str, tmp_path: Path) -> None:
    fitted(name).save(tmp_path)
    kinds = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert kinds <= {".json", ".npz", ".onnx", ".keras"}
    assert (".keras" in kinds) == (name in NETWORKS)


def _model_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix in {".npz", ".onnx", ".json"}]


@every_model
def test_a_missing_file_is_refused(name: str, tmp_path: Path) -> None:
    fitted(name).save(tmp_path)
    for path in _model_files(tmp_path):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(DataError, match="missing"):
            model_class(name).load(tmp_path)
        path.write_bytes(content)
    assert model_class(name).load(tmp_path).n_items == tiny_split().dataset.n_items


@every_model
def test_a_file_with_one_changed_byte_is_refused(name: str, tmp_path: Path) -> None:
    fitted(name).save(tmp_path)
    for path in _model_files(tmp_path):
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        with pytest.raises(DataError):
            model_class(name).load(tmp_path)
        path.write_bytes(content)


@every_model
@pytest.mark.parametrize("field", ["form", "sha256"])
def test_a_manifest_without_a_field_is_refused(name: str, field: str, tmp_path: Path) -> None:
    fitted(name).save(tmp_path)
    manifest = files.read_json(tmp_path / "serving.json")
    del manifest[field]
    files.write_json(tmp_path / "serving.json", manifest)
    with pytest.raises(DataError):
        model_class(name).load(tmp_path)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_stopped_at_once_is_cancelled(name: str) -> None:
    with pytest.raises(Cancelled, match="before the first epoch"):
        model_class(name)(QUICK[name]).fit(tiny_split(), seed=1, should_stop=lambda: True)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_stopped_later_keeps_a_whole_epoch(name: str) -> None:
    events: list[dict[str, Any]] = []
    model = model_class(name)(QUICK[name])
    model.fit(tiny_split(), seed=1, report=events.append, should_stop=lambda: len(events) >= 2)
    assert [event["epoch"] for event in events] == [1, 2]
    assert model.trained.stopped  # type: ignore[attr-defined]
    assert model.trained.best_epoch in {1, 2}  # type: ignore[attr-defined]
    assert np.isfinite(_catalogue(model)).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (*NETWORKS, "ials")])
def test_a_model_without_epochs_is_done_before_anybody_can_stop_it(name: str) -> None:
    model = model_class(name)(QUICK.get(name)).fit(tiny_split(), seed=1, should_stop=lambda: True)
    np.testing.assert_array_equal(_catalogue(model), _catalogue(fitted(name)))


def test_rounds_of_regressions_can_be_stopped_between_two() -> None:
    with pytest.raises(Cancelled, match="it was stopped"):
        model_class("ials")(QUICK["ials"]).fit(tiny_split(), seed=1, should_stop=lambda: True)


PARAMS = [(name, one) for name in NAMES for one in params_of(name)]
every_param = pytest.mark.parametrize(
    ("name", "param"), PARAMS, ids=[f"{name}-{one.name}" for name, one in PARAMS]
)


def _bounds(param: ParamSpec) -> list[Any]:
    if param.kind == "run":
        return ["", "ease", "0123456789ab"]
    if param.kind == "runs":
        return ["", "ease,popularity", ",".join(["0123456789ab"] * 20)]
    return list(param.choices) if param.kind == "choice" else [param.low, param.high]


def _beyond(param: ParamSpec) -> list[Any]:
    if param.kind == "choice":
        return ["nonsense", "", None, 1]
    if param.kind == "run":
        return ["a,b", ",", "../../etc", "a;b", "x" * 41]
    if param.kind == "runs":
        return ["a,,b", ",", "../../etc", "a;b", "x" * 41, ",".join("a" * 21)]
    step = 1 if param.kind == "int" else 1e-6 * max(param.high, 1.0)
    bad = [param.low - step, param.high + step, "many", "", None, float("nan"), float("inf")]
    return [*bad, param.low + 0.5] if param.kind == "int" else bad


@every_param
def test_a_parameter_takes_its_default_and_its_bounds(name: str, param: ParamSpec) -> None:
    assert model_class(name)().settings[param.name] == param.default
    for value in (*_bounds(param), param.default):
        taken = model_class(name)({param.name: str(value)}).settings[param.name]
        assert taken == value
        assert type(taken) is {"int": int, "float": float, "choice": str, "runs": str, "run": str}[param.kind]


@every_param
def test_a_parameter_refuses_what_lies_beyond_and_names_itself(name: str, param: ParamSpec) -> None:
    for value in _beyond(param):
        with pytest.raises(ParamError, match=f"parameter {param.name}: .* is not allowed; use "):
            model_class(name)({param.name: value})


@every_param
def test_a_parameter_explains_itself(name: str, param: ParamSpec) -> None:
    assert param.help.endswith(".")
    assert param.kind in ("choice", "runs", "run") or param.low <= float(param.default) <= param.high


@slow_networks
@pytest.mark.parametrize("end", ["low", "high"])
def test_a_model_learns_at_the_ends_of_its_ranges(name: str, end: str) -> None:
    # sizes and epochs are left small: their upper ends are a matter of hours, not of sense
    kept = {"epochs", "embedding_size", "hidden_units", "members", "base"}
    numbers = [one for one in params_of(name) if one.kind in ("int", "float") and one.name not in kept]
    extreme = {one.name: getattr(one, end) for one in numbers}
    settings = {**extreme, **{key: value for key, value in QUICK.get(name, {}).items() if key in kept}}
    model = model_class(name)(settings).fit(tiny_split(), seed=1)
    assert np.isfinite(_catalogue(model)).all()


@every_model
def test_parameters_take_what_they_say_and_nothing_else(name: str) -> None:
    answers.its_parameters_take_what_they_say_and_nothing_else(subject(name))


@every_model
def test_a_model_that_was_not_fitted_says_so(name: str) -> None:
    with pytest.raises(NotSupported, match="not fitted yet"):
        model_class(name)().score_catalogue(EVERYBODY)


@every_model
def test_a_model_learns_from_its_kinds_of_data_and_refuses_the_others(name: str) -> None:
    learning.it_learns_from_its_kinds_of_data_and_refuses_the_others(subject(name))


@pytest.mark.parametrize("kind", [Kind.RATING, Kind.IMPLICIT])
def test_floors_stand_beside_every_model_of_a_kind(kind: Kind) -> None:
    usable = {one.name for one in models_for(kind)}
    assert {"random", "popularity", "ease"} <= set(floors_for(kind)) <= usable
    assert ("bias" in floors_for(kind)) == (kind is Kind.RATING)
    assert DEFAULT_MODEL in usable
    assert DEFAULT_MODEL not in floors_for(kind)
