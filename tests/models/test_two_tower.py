from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.dataset import make_dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import DataError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.models.baselines import Popularity
from recsys_core.models.history_batches import MASKED, Histories
from recsys_core.models.registry import model_class
from recsys_core.models.tower_batches import Catalogue, TowerData
from recsys_core.models.tower_network import COMMON_PRIOR, in_common
from recsys_core.models.two_tower import TwoTower
from tests.fitted import QUICK, fitted, tiny_split

LEARNS = {"epochs": 30, "embedding_size": 16, "learning_rate": 0.02, "batch_size": 64}
GROUPS, GROUP_USERS, GROUP_ITEMS = 4, 40, 15


def _tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Four groups of users, told by their town, each choosing 9 of its own 15 items, told by tag and title."""
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user}", f"{group * GROUP_ITEMS + item}")
        for user in range(GROUPS * GROUP_USERS)
        for group in [user % GROUPS]
        for item in rng.permutation(GROUP_ITEMS)[:9]
    ]
    events = pd.DataFrame(rows, columns=["user_id", "item_id"]).assign(value=1.0)
    n = GROUPS * GROUP_ITEMS
    items = pd.DataFrame(
        {
            "item_id": [str(item) for item in range(n)],
            "title": [
                f"{['red', 'blue', 'green', 'grey'][item // GROUP_ITEMS]} thing {item}" for item in range(n)
            ],
            "tags": [[f"tag{item // GROUP_ITEMS}", "all"] for item in range(n)],
        }
    )
    users = pd.DataFrame({"user_id": [f"u{user}" for user in range(GROUPS * GROUP_USERS)]})
    return events, items, users.assign(town=[f"town{user % GROUPS}" for user in range(len(users))])


def _split(events: pd.DataFrame, items: pd.DataFrame | None, users: pd.DataFrame | None) -> Split:
    lists = ("tags",) if items is not None else ()
    data = make_dataset("planted", Kind.IMPLICIT, events, users=users, items=items, list_columns=lists)
    return make_split(data, SplitSpec())


@pytest.fixture(scope="module")
def planted() -> Split:
    return _split(*_tables())


@pytest.fixture(scope="module")
def learned(planted: Split) -> TwoTower:
    return TwoTower(LEARNS).fit(planted, seed=1)


def _group_share(scores: np.ndarray, split: Split, groups: np.ndarray, k: int = 6) -> float:
    """Share of the best items of each row that belong to its group, items already taken included."""
    items = split.dataset.items["item_id"].astype(int).to_numpy() // GROUP_ITEMS
    top = np.argsort(-scores, axis=1)[:, :k]
    return float((items[top] == groups[:, None]).mean())


def _owners(split: Split) -> np.ndarray:
    return split.dataset.users["user_id"].str[1:].astype(int).to_numpy() % GROUPS


def test_it_learns_what_was_planted(planted: Split, learned: TwoTower) -> None:
    scores = learned.score_catalogue(np.arange(planted.dataset.n_users))
    assert _group_share(scores, planted, _owners(planted)) > 0.99


def test_in_batch_sampling_learns_it_too(planted: Split) -> None:
    sampled = TwoTower({**LEARNS, "full_softmax_up_to": 0}).fit(planted, seed=1)
    scores = sampled.score_catalogue(np.arange(planted.dataset.n_users))
    assert _group_share(scores, planted, _owners(planted)) > 0.97


def test_a_new_item_is_placed_by_its_attributes_alone(planted: Split, learned: TwoTower) -> None:
    strangers = pd.DataFrame({"tags": [[f"tag{group}", "all"] for group in range(GROUPS)]})
    found = learned.score_new_items(np.arange(planted.dataset.n_users), strangers)
    assert (found.argmax(axis=1) == _owners(planted)).mean() > 0.97
    among_all = learned.score_catalogue(np.arange(planted.dataset.n_users))
    fitting = found[np.arange(len(found)), _owners(planted)]
    above = (among_all < fitting[:, None]).mean()
    assert above > 0.6  # a new item of the user's group stands above most of the catalogue


def test_the_title_alone_tells_something(planted: Split, learned: TwoTower) -> None:
    strangers = pd.DataFrame({"title": ["red thing", "blue thing", "green thing", "grey thing"]})
    found = learned.score_new_items(np.arange(planted.dataset.n_users), strangers)
    assert (found.argmax(axis=1) == _owners(planted)).mean() > 0.9


def test_a_new_user_is_known_by_attributes_by_picks_or_both(planted: Split, learned: TwoTower) -> None:
    groups = np.arange(GROUPS)
    towns = pd.DataFrame({"town": [f"town{group}" for group in groups]})
    rows = planted.dataset.item_rows([str(group * GROUP_ITEMS + 3) for group in groups])
    picks = [np.array([row]) for row in rows]
    nothing = [np.array([], dtype=np.int64)] * GROUPS
    for histories, attributes in ((nothing, towns), (picks, None), (picks, towns)):
        assert _group_share(learned.fold_in(histories, None, attributes), planted, groups) > 0.95


def test_an_item_that_nobody_chose_in_training_is_served_like_a_new_one() -> None:
    events, items, users = _tables()
    split = _split(events, items, users)
    row = int(split.dataset.item_rows(["7"])[0])
    kept = split.dataset.interactions["item"].to_numpy() != row
    train, valid = (part[kept[part]] for part in (split.train, split.valid))
    test = np.setdiff1d(np.arange(len(kept)), np.concatenate([train, valid]))
    model = TwoTower({**LEARNS, "epochs": 6}).fit(replace(split, train=train, valid=valid, test=test), seed=1)
    everybody = np.arange(split.dataset.n_users)
    as_new = model.score_new_items(everybody, split.dataset.items.iloc[[row]])[:, 0]
    np.testing.assert_allclose(model.score_catalogue(everybody)[:, row], as_new, atol=1e-5)


def test_what_items_of_an_attribute_share_is_a_ridge_mean_by_hand() -> None:
    attributes = csr_matrix(np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32))
    own = np.array([[2.0], [4.0], [3.0], [-6.0]], np.float32)
    found = in_common(attributes, own)  # a sum over those that have it, by their number and the prior of 5
    np.testing.assert_allclose(found, [[9.0 / (3 + COMMON_PRIOR)], [-6.0 / (1 + COMMON_PRIOR)]], rtol=1e-6)


@pytest.mark.parametrize("whole", [True, False])
def test_it_does_without_attributes(whole: bool) -> None:
    split = _split(_tables()[0], None, None)
    model = TwoTower({**LEARNS, "full_softmax_up_to": 1000 * whole}).fit(split, seed=1)
    assert model.scorer.user_encoder.width == 0  # type: ignore[attr-defined]
    scores = model.score_catalogue(np.arange(split.dataset.n_users))
    assert _group_share(scores, split, _owners(split)) > 0.95
    assert np.isfinite(model.fold_in([np.array([3]), np.array([], dtype=np.int64)])).all()
    assert model.score_new_items(np.array([0]), pd.DataFrame({"title": ["a", "b"]})).shape == (1, 2)


def test_users_with_one_row_teach_what_their_attributes_choose() -> None:
    events, items, users = _tables()
    events = events.drop_duplicates("user_id")
    data = make_dataset("single", Kind.IMPLICIT, events, users=users, items=items, list_columns=("tags",))
    rows = np.arange(len(events))
    split = Split(data, SplitSpec(), rows[:-20], rows[:0], rows[-20:])
    model = TwoTower({**LEARNS, "epochs": 60}).fit(split, seed=1)
    towns = pd.DataFrame({"town": [f"town{group}" for group in range(GROUPS)]})
    empty = [np.array([], dtype=np.int64)] * GROUPS
    assert _group_share(model.fold_in(empty, None, towns), split, np.arange(GROUPS), k=3) > 0.9


def test_nothing_to_learn_from_is_said() -> None:
    split = tiny_split()
    rows = split.dataset.interactions
    low = rows.assign(value=np.where(np.isin(np.arange(len(rows)), split.test), 5.0, 1.0).astype(np.float32))
    poor = replace(split, dataset=replace(split.dataset, interactions=low))
    with pytest.raises(DataError, match="model two_tower: no training row is left"):
        TwoTower({**QUICK["two_tower"], "target": "liked"}).fit(poor, seed=1)


def test_it_beats_popularity_on_a_simulated_world() -> None:
    world = simulate(Kind.IMPLICIT, n_users=300, n_items=120, mean_events=30, seed=6)
    split = make_split(world.dataset, SplitSpec())
    ours = TwoTower({"embedding_size": 32, "epochs": 40}).fit(split, seed=1)
    floor = Popularity().fit(split, seed=0)
    figures = [evaluate(one.scorer, split, k=10).per_user["ndcg@10"].to_numpy() for one in (ours, floor)]
    assert paired_interval(*figures).low > 0


def test_the_keras_file_scores_as_what_is_served(tmp_path: Any) -> None:
    import keras

    model, split = fitted("two_tower"), tiny_split()
    model.save(tmp_path)
    opened = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    data = model._data(split, split.fit_rows)  # type: ignore[attr-defined]
    users, items = np.arange(20), np.arange(20)
    inputs = [data.seen[users].toarray(), data.users[users].toarray(), items.astype(np.int32)]
    scores = np.asarray(opened([*inputs, data.items[items].toarray()]))[:, 0]
    chosen = data.chosen[items]
    np.testing.assert_allclose(scores[chosen], model.score(users, items)[chosen], atol=1e-4)


def _three() -> TowerData:
    """Item 0 chosen by all four users, item 1 by one, item 2 by nobody."""
    seen = csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    return TowerData(seen, seen, csr_matrix((5, 1), dtype=np.float32), csr_matrix((3, 1), dtype=np.float32))


def _ints(*numbers: int) -> Any:
    import tensorflow as tf

    return tf.constant(numbers, tf.int32)


def _floats(*numbers: float) -> Any:
    import tensorflow as tf

    return tf.constant(numbers, tf.float32)


def test_the_whole_catalogue_leaves_out_what_nobody_chose() -> None:
    found = Catalogue(_three(), 2, whole=True).of_step(_ints(1), _ints(0, 0))
    assert found.rows.numpy().tolist() == [0, 1, 2]
    assert found.correction.numpy().tolist() == [0.0, 0.0, -MASKED]


def test_sampled_candidates_by_hand() -> None:
    # asked for with a chance of .4 a pick: item 0 is in a batch of two with 1 - .6^2 = .64, item 1 with 1 - .9^2 = .19
    catalogue = Catalogue(_three(), 2, whole=False)
    found = catalogue.of_step(_ints(1, 0, 0), _ints(3, 4))
    order = found.rows.numpy().tolist()
    assert sorted(order) == [0, 1]
    wanted = [np.log([0.64, 0.19][row]) for row in order]
    np.testing.assert_allclose(found.correction.numpy(), wanted, atol=1e-5)
    assert found.place.numpy().tolist() == [order.index(0), order.index(1), -1]
    events = Histories.of(_three().seen).rows(_ints(0, 1))
    spread = found.events(events, _floats(1.0, 2.0, 3.0)).numpy()
    np.testing.assert_array_equal(spread[:, order], [[1, 2], [3, 0]])
    only = catalogue.of_step(_ints(1), _ints(3, 4))
    assert only.events(events, _floats(1.0, 2.0, 3.0)).numpy().tolist() == [[2], [0]]
    nothing = catalogue.of_step(_ints(), _ints(3, 4))
    assert nothing.rows.shape == (0,)


def test_registered_under_its_name() -> None:
    assert model_class("two_tower") is TwoTower
