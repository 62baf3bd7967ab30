"""What a fitted model answers: scores, of known and of new people, from memory and from its files; its parameters."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core.contract.subject import CLOSE, Subject, histories, refused
from recsys_core.errors import NotSupported, ParamError
from recsys_core.models.registry import model_class, params_of, spec

SAFE = {".json", ".npz", ".onnx", ".keras"}
"""What a model's folder may hold: nothing of it can run code."""


def the_table_says_what_the_class_says(one: Subject) -> None:
    """Name, kinds of data, parameters and abilities are told without TensorFlow as the class has them."""
    line, found, can = spec(one.name), model_class(one.name), one.fitted.can
    assert (found.name, set(found.kinds)) == (one.name, set(line.kinds))
    assert (found.params, found.needs_time) == (params_of(one.name), line.needs_time)
    told = line.network, line.new_users, line.new_items, line.attributes
    assert told == (can.network, can.new_users, can.new_items, can.attributes), (told, can)
    assert can.ranking


def scores_are_finite_numbers_of_the_right_shape(one: Subject) -> None:
    """(users, items), finite, and not the same of everything."""
    scores = one.catalogue()
    assert scores.shape == (len(one.users), one.split.dataset.n_items)
    assert np.issubdtype(scores.dtype, np.floating)
    assert np.isfinite(scores).all(), "there are scores that are no numbers"


def pairs_are_scored_like_the_catalogue(one: Subject) -> None:
    """Ratings stay on their scale."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, len(one.users), size=50)
    items = rng.integers(0, one.split.dataset.n_items, size=50)
    expected = one.catalogue()[users, items]
    if one.fitted.can.ratings:
        expected = np.clip(expected, *one.split.dataset.value_range)
    np.testing.assert_allclose(one.fitted.score(users, items), expected, atol=CLOSE)


def nobody_and_nothing_have_scores_too(one: Subject) -> None:
    """Empty in, empty out."""
    nobody, n_items = np.array([], dtype=np.int64), one.split.dataset.n_items
    assert one.fitted.score_catalogue(nobody).shape == (0, n_items)
    assert one.fitted.score(nobody, nobody).shape == (0,)
    if one.fitted.can.new_users:
        assert one.fitted.fold_in([]).shape == (0, n_items)


def a_saved_model_serves_the_same_scores(one: Subject) -> None:
    """From files that can run no code, of known and of new people."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        one.fitted.save(folder)
        kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
        assert kinds <= SAFE, f"its folder holds {kinds - SAFE}"
        assert (".keras" in kinds) == spec(one.name).network
        loaded = model_class(one.name).load(folder)
    assert loaded.can == one.fitted.can
    np.testing.assert_allclose(one.catalogue(loaded), one.catalogue(), atol=CLOSE)
    pairs = one.users[:20], np.arange(20)
    np.testing.assert_allclose(loaded.score(*pairs), one.fitted.score(*pairs), atol=CLOSE)
    if loaded.can.new_users:
        expected = one.fitted.fold_in(histories())
        np.testing.assert_allclose(loaded.fold_in(histories()), expected, atol=CLOSE)


def the_keras_file_opens_in_safe_mode(one: Subject) -> None:
    """With the weights that it was saved with: no Lambda layers, and layers of one's own are registered."""
    if not spec(one.name).network:
        return
    from recsys_core.models.own_checks import opened_safely

    kept: Any = one.fitted
    with tempfile.TemporaryDirectory() as made:
        kept.save(Path(made))
        try:
            opened = opened_safely(Path(made))
        except Exception as problem:  # whatever Keras raises
            raise AssertionError(f"model.keras cannot be opened in safe mode: {problem}") from problem
    for found, expected in zip(opened.get_weights(), kept.model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def a_new_user_is_served_exactly_when_it_says_so(one: Subject) -> None:
    """By `fold_in`, or refused in words."""
    if not one.fitted.can.new_users:
        with refused(NotSupported, "cannot serve a new one"):
            one.fitted.fold_in(histories())
        return
    scores = one.fitted.fold_in(histories())
    assert scores.shape == (3, one.split.dataset.n_items)
    assert np.isfinite(scores).all(), "a history, or an empty one, gets scores that are no numbers"


def a_known_users_own_history_folds_in_to_their_own_scores(one: Subject) -> None:
    """Where scores follow from a history at all."""
    if not one.fitted.can.new_users or one.name == "random":
        return
    known = one.split.ordered(one.split.fit_rows)
    chosen, values = (np.split(each, known.indptr[1:-1]) for each in (known.items, known.values))
    attributes = one.split.dataset.users if one.fitted.can.attributes else None
    folded = one.fitted.fold_in(chosen, values, attributes)
    np.testing.assert_allclose(folded, one.catalogue(), atol=CLOSE)


def a_few_items_are_scored_as_in_the_whole_catalogue(one: Subject) -> None:
    """For known people and for new ones."""
    scorer, items = one.fitted.scorer, np.array([7, 30, 2])
    few = scorer.score_items(one.users, items)
    np.testing.assert_allclose(few, one.catalogue()[:, items], atol=CLOSE)
    assert scorer.score_items(one.users[:0], items).shape == (0, 3)
    if not scorer.can.new_users:
        return
    known = histories()
    for values in (None, [np.full(len(each), 5.0) for each in known]):
        people = one.split.dataset.users.head(len(known)) if scorer.can.attributes else None
        whole = scorer.fold_in(known, values, people)[:, items]
        np.testing.assert_allclose(scorer.fold_in_items(known, values, people, items), whole, atol=CLOSE)


def the_order_of_a_history_matters_exactly_when_it_says_so(one: Subject) -> None:
    """Where it reads one."""
    if one.fitted.can.new_users and one.fitted.can.personal:
        there, back = one.fitted.fold_in([np.array([0, 7, 12, 3]), np.array([3, 12, 7, 0])])
        assert (np.abs(there - back).max() > CLOSE) == one.fitted.can.ordered


def its_parameters_take_what_they_say_and_nothing_else(one: Subject) -> None:
    """Default and bounds, as number and as text; each explains itself."""
    model = model_class(one.name)
    for param in params_of(one.name):
        assert param.help.endswith("."), f"the help of {param.name} should be a sentence"
        assert model().settings[param.name] == param.default
        ends = () if param.kind in ("runs", "run") else param.choices or (param.low, param.high)
        for value in (*ends, param.default):
            assert model({param.name: str(value)}).settings[param.name] == value
        with refused(ParamError, f"parameter {param.name}"):
            model({param.name: "no/thanks"})
    with refused(ParamError, "no such parameter"):
        model({"no_such_dial": 3})
