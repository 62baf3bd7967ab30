"""Networks of one's own: what their authors can get wrong is said in words, and what they write is what is learned."""

from __future__ import annotations

import random
import textwrap
from typing import Any

import keras  # noqa: TID253
import numpy as np
import pytest

from recsys_core.columns import Kind
from recsys_core.contract import tiny_split
from recsys_core.contract.subject import Subject
from recsys_core.errors import DataError, ParamError
from recsys_core.models.own import standard_params
from recsys_core.models.own_networks import OwnList, OwnPair, OwnRating, Sizes
from tests.own_packages import Site

ROW = {"shape": (), "dtype": "int32"}


def described(base: type, form: str, **parts: Any) -> Any:
    """A class as the registry makes it, without a package."""
    named = {"name": "plain", "params": standard_params(form), **parts}
    return type("Plain", (base,), {**named, "__module__": __name__})


def dense_list(self: Any, sizes: Sizes) -> keras.Model:
    history = keras.Input((sizes.n_items,))
    return keras.Model(history, keras.layers.Dense(sizes.n_items)(history))


def dense_pair(self: Any, sizes: Sizes) -> keras.Model:
    user, item = keras.Input(**ROW), keras.Input(**ROW)
    vectors = [
        keras.layers.Embedding(rows, 4)(one) for rows, one in ((sizes.n_users, user), (sizes.n_items, item))
    ]
    return keras.Model([user, item], keras.layers.Dense(1)(keras.layers.Concatenate()(vectors)))


def swapped(self: Any, sizes: Sizes) -> keras.Model:
    history = keras.Input((sizes.n_items + 1,))
    return keras.Model(history, keras.layers.Dense(sizes.n_items)(history))


def narrow(self: Any, sizes: Sizes) -> keras.Model:
    history = keras.Input((sizes.n_items,))
    return keras.Model(history, keras.layers.Dense(3)(history))


def crooked(self: Any, sizes: Sizes) -> keras.Model:
    history = keras.Input((sizes.n_items,))
    return keras.Model(history, keras.layers.Reshape((7, 13))(history))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (swapped, r"its inputs are float32 \(None, 41\); let them be float32 \(None, 40\)"),
        (narrow, r"its outputs are \(None, 3\); let one come out, \(None, 40\)"),
        (lambda self, sizes: None, r"build gives a NoneType; let it return keras.Model"),
        (lambda self, sizes: keras.layers.Dense(3), "build gives a Dense"),
        (lambda self, sizes: {}["depth"], r"build: KeyError: 'depth' \(test_own_networks.py, line \d+\)"),
        (crooked, r"build: ValueError: .*test_own_networks.py, line \d+"),
        (dense_pair, r"its inputs are int32 \(None,\), int32 \(None,\)"),
    ],
)
def test_a_network_of_the_wrong_shape_is_said_to_be_one(build: Any, words: str) -> None:
    model = described(OwnList, "list", build=build)({"epochs": 1})
    with pytest.raises(DataError, match=words) as caught:
        model.fit(tiny_split(), seed=1)
    assert "model plain" in caught.value.where


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda self, wanted, scores: keras.ops.mean(scores), r"its loss gives \(\) for two rows"),
        (lambda self, wanted, scores: scores, r"its loss gives \(2, 5\) for two rows"),
        (lambda self, wanted, scores: scores @ wanted, "loss: InvalidArgumentError"),
    ],
)
def test_a_loss_is_tried_before_the_first_epoch(loss: Any, words: str) -> None:
    told: list[dict[str, Any]] = []
    model = described(OwnPair, "pair", build=dense_pair, loss=loss)({"epochs": 1})
    with pytest.raises(DataError, match=words):
        model.fit(tiny_split(), seed=1, report=told.append)
    assert told == []


def test_an_error_that_its_author_says_in_our_words_stays_as_it_is() -> None:
    def build(self: Any, sizes: Sizes) -> keras.Model:
        raise ParamError(what="too deep", where="parameter depth", remedy="use less")

    with pytest.raises(ParamError, match="parameter depth: too deep; use less"):
        described(OwnList, "list", build=build)().fit(tiny_split(), seed=1)


def test_draws_without_a_seed_follow_the_runs_seed_and_leave_pythons_own_alone() -> None:
    random.seed(5)
    expected = random.random()
    random.seed(5)
    made = described(OwnPair, "pair", build=dense_pair)()
    first, again, other = (made._built(tiny_split(), tiny_split().train, seed) for seed in (1, 1, 2))
    assert random.random() == expected
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])
    assert np.abs(first.get_weights()[0] - other.get_weights()[0]).max() > 0


def test_a_network_knows_how_often_each_item_was_chosen_in_what_it_learns_from() -> None:
    seen: list[Sizes] = []

    def build(self: Any, sizes: Sizes) -> keras.Model:
        seen.append(sizes)
        return dense_list(self, sizes)

    split = tiny_split()
    described(OwnList, "list", build=build)()._built(split, split.train, 1)
    [sizes] = seen
    assert (sizes.n_users, sizes.n_items) == (split.dataset.n_users, split.dataset.n_items)
    np.testing.assert_array_equal(sizes.counts, np.bincount(split.triples(split.train)[1], minlength=40))


def bpr(self: Any, wanted: Any, scores: Any) -> Any:
    """Rendle et al., UAI 2009: the chosen item, in the first column, should stand above the drawn ones."""
    return keras.ops.mean(keras.ops.softplus(scores[:, 1:] - scores[:, :1]), axis=-1)


def test_items_that_were_chosen_elsewhere_never_teach_as_not_chosen() -> None:
    model = described(OwnPair, "pair", build=dense_pair)({"negatives": 50})
    split = tiny_split()
    users, items, _values = model._pairs(split, split.train)
    example = model._examples(split, split.train, users, items)
    (who, asked), wanted, shaped = example(np.arange(200, dtype=np.int32), [np.array([1, 2])] * 3)
    scores = shaped(np.zeros(len(who), np.float32)).numpy()
    known = set(zip(users.numpy().tolist(), items.numpy().tolist(), strict=True))
    pairs = list(zip(who.numpy().tolist(), asked.numpy().tolist(), strict=True))
    chosen = np.array([pair in known for pair in pairs]).reshape(scores.shape)
    assert chosen[:, 0].all() and chosen[:, 1:].any() and not chosen[:, 1:].all()
    np.testing.assert_array_equal(scores[:, 1:] < -1e8, chosen[:, 1:])
    np.testing.assert_array_equal(scores[:, 0], 0.0)
    np.testing.assert_array_equal(np.asarray(wanted).argmax(axis=1), 0)


def test_a_loss_of_its_own_is_what_is_learned_by_and_watched() -> None:
    told: list[dict[str, Any]] = []
    model = described(OwnPair, "pair", build=dense_pair, loss=bpr)({"epochs": 2, "batch_size": 64})
    model.fit(tiny_split(Kind.IMPLICIT), seed=1, report=told.append)
    watched = [event for event in told if event["phase"] == "train"]
    assert {"valid_loss", "valid_ndcg@10"} <= set(watched[0])
    assert watched[0]["loss"] < np.log(2)  # what nothing known would cost, were all drawn items strangers
    assert watched[-1]["loss"] < watched[0]["loss"]
    assert not model.can.ratings


def test_a_regulariser_of_a_layer_pulls() -> None:
    def build(self: Any, sizes: Sizes) -> keras.Model:
        history, pull = keras.Input((sizes.n_items,)), keras.regularizers.L2(1000.0)
        return keras.Model(history, keras.layers.Dense(sizes.n_items, kernel_regularizer=pull)(history))

    model = described(OwnList, "list", build=build)({"epochs": 1, "learning_rate": 0.05})
    model.fit(tiny_split(), seed=1)
    start = np.sqrt(6 / (2 * tiny_split().dataset.n_items)) / 2  # mean of |Glorot uniform|
    assert np.abs(model.model.get_weights()[0]).mean() < 0.5 * start


def test_a_network_of_ratings_speaks_their_scale(site: Site) -> None:
    network = """
        import keras
        from recsys_core.models.own_networks import OwnRating

        class Net(OwnRating):
            def build(self, sizes):
                user, item = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
                vectors = [keras.layers.Embedding(sizes.n_users, 4)(user), keras.layers.Embedding(sizes.n_items, 4)(item)]
                return keras.Model([user, item], keras.layers.Dense(1)(keras.layers.Concatenate()(vectors)))
    """
    site.put_described(form="rating", network=textwrap.dedent(network))
    one = Subject.of("plain", {"epochs": 3, "batch_size": 32})
    assert one.fitted.can.ratings
    assert set(one.fitted.trained.history[0]) >= {"valid_rmse", "valid_loss"}  # type: ignore[attr-defined]
    users, items, values = one.split.triples(one.split.test)
    predicted = one.fitted.score(users, items)
    assert (values.min() <= predicted.min()) and (predicted.max() <= values.max())
    assert np.sqrt(np.mean((predicted - values) ** 2)) < 1.5


def test_the_base_of_ratings_learns_from_ratings_only() -> None:
    assert OwnRating.kinds == (Kind.RATING,)
