"""What if: both lists are folded in, the edits are the ones that were made, every place is marked rightly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.ranking.rerank import Setting
from recsys_core.scenarios.lists import Serving, history_list, user_list
from recsys_core.scenarios.stand_in import approximate_fold_in
from recsys_core.scenarios.what_if import Edits, edited_history, usual_value, what_if
from tests.fitted import tiny_split
from tests.scenarios.served import bias, ease, network, popularity

NOBODY = np.zeros(0, dtype=np.int64)


def _items(table: pd.DataFrame) -> list[int]:
    return table["item"].tolist()


def test_edits_make_the_history_that_was_asked_for() -> None:
    data = ease().data
    history, values = np.array([7, 3, 9]), np.array([2.0, 5.0, 4.0])
    edits = Edits(removed=(3,), added=(11, 7, 11), values={9: 1.0, 11: 3.0, 30: 5.0})
    found, given_values = edited_history(data, history, values, edits)
    assert found.tolist() == [7, 9, 11]
    assert given_values.tolist() == [2.0, 1.0, 3.0]
    assert len(edits) == 7
    assert not Edits()


def test_an_item_added_counts_as_the_best_of_a_rating_scale_and_as_usual_elsewhere() -> None:
    assert usual_value(ease().data, np.array([1.0, 2.0])) == ease().data.value_range[1]
    implicit = tiny_split(Kind.IMPLICIT).dataset
    assert usual_value(implicit, np.array([1.0, 2.0, 9.0])) == 2.0
    assert usual_value(implicit, np.zeros(0)) == 1.0


def test_removed_and_added_again_stands_at_the_end() -> None:
    edits = Edits(removed=(3,), added=(3,))
    assert edited_history(ease().data, np.array([3, 5]), np.ones(2), edits)[0].tolist() == [5, 3]


def test_without_an_edit_nothing_changes() -> None:
    found = what_if(ease(), 4, Edits(), k=10)
    assert _items(found.before) == _items(found.after) == _items(user_list(ease(), 4, k=10))
    assert found.after["change"].tolist() == [0] * 10
    assert not found.before["gone"].any()
    assert (found.n_new, found.n_moved, found.approximate) == (0, 0, False)


def test_before_and_after_are_both_folded_in() -> None:
    serving, user = network("mf"), 5
    history, values = serving.history(user), serving.values(user)
    own = serving.data.users[serving.data.user_attributes].iloc[[user]]
    found = what_if(serving, user, Edits(removed=(int(history[0]),)), k=10)
    frame = own if serving.scorer.can.attributes else None
    scores = serving.scorer.fold_in([history, history[1:]], [values, values[1:]], _twice(frame))
    for table, row in ((found.before, scores[0]), (found.after, scores[1])):
        np.testing.assert_allclose(table["score"], row[table["item"]], rtol=1e-5)
    assert int(history[0]) not in _items(found.before)


def _twice(frame: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if frame is None else pd.concat([frame, frame], ignore_index=True)


@given(
    user=st.integers(0, 59),
    removed=st.sets(st.integers(0, 39), max_size=4),
    added=st.lists(st.integers(0, 39), max_size=4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_place_says_what_became_of_it(user: int, removed: set[int], added: list[int]) -> None:
    found = what_if(ease(), user, Edits(tuple(removed), tuple(added)), k=8)
    before, after = _items(found.before), _items(found.after)
    for rank, (item, change) in enumerate(zip(after, found.after["change"], strict=True), start=1):
        assert (item not in before) == pd.isna(change)
        if item in before:
            assert before.index(item) + 1 - rank == change
    assert [item for item, gone in zip(before, found.before["gone"], strict=True) if gone] == [
        item for item in before if item not in after
    ]
    assert not set(found.history.tolist()) & set(after)
    assert after == _items(history_list(ease(), found.history, k=8))


def test_re_rating_moves_what_a_rating_model_predicts() -> None:
    serving, user = network("mf"), 5
    item = int(serving.history(user)[-1])
    low, high = (
        what_if(serving, user, Edits(values={item: value}), k=10) for value in serving.data.value_range
    )
    assert high.after["score"].mean() != pytest.approx(low.after["score"].mean(), abs=1e-3)
    pd.testing.assert_frame_equal(low.before.drop(columns="gone"), high.before.drop(columns="gone"))


def test_an_edited_attribute_is_read_and_the_others_stay_the_user_s_own() -> None:
    serving, user = network("two_tower"), 5
    name = serving.data.user_attributes[0]
    own = serving.data.users[name].iloc[user]
    other = next(value for value in serving.data.users[name] if value != own)
    assert what_if(serving, user, Edits(attributes={name: own})).n_new == 0
    found = what_if(serving, user, Edits(attributes={name: other}), k=20)
    history = serving.history(user)
    row = serving.data.users.iloc[[user]].assign(**{name: [other]})
    expected = serving.scorer.fold_in([history], [serving.values(user)], row)[0]
    np.testing.assert_allclose(found.after["score"], expected[found.after["item"]], rtol=1e-5)
    assert not np.allclose(found.before["score"], found.after["score"])


def test_a_model_of_ids_answers_through_similar_users_and_says_so() -> None:
    serving, user = network("embedding_mlp"), 5
    history = serving.history(user)
    found = what_if(serving, user, Edits(removed=(int(history[0]),)), k=5)
    assert found.approximate
    scores = approximate_fold_in(serving, [history, history[1:]])
    np.testing.assert_allclose(found.before["score"], scores[0][found.before["item"]])
    np.testing.assert_allclose(found.after["score"], scores[1][found.after["item"]])


def test_a_model_that_is_not_personal_lists_what_was_taken_out_and_moves_nothing_else() -> None:
    serving, user = popularity(), 5
    popular = int(serving.history(user)[np.argmax(serving.popularity[serving.history(user)])])
    found = what_if(serving, user, Edits(removed=(popular,)), k=10)
    assert set(_items(found.after)) - set(_items(found.before)) <= {popular}
    rated = what_if(bias(), user, Edits(values={popular: 1.0}), k=10)
    assert (rated.n_new, rated.n_moved) == (0, 0)
    assert "changed nothing" in rated.sentence(Edits(values={popular: 1.0}))


def test_everything_taken_out_leaves_a_list_for_a_stranger() -> None:
    serving, user = network("history_encoder"), 5
    found = what_if(serving, user, Edits(removed=tuple(serving.history(user).tolist())), k=10)
    assert len(found.history) == 0
    assert _items(found.after) == _items(history_list(serving, NOBODY, k=10))


def test_filters_dial_and_hits_hold_for_both_lists() -> None:
    serving, user = ease(), 4
    allowed = np.arange(40) % 2 == 0
    edits = Edits(removed=(int(serving.history(user)[0]),))
    found = what_if(serving, user, edits, k=5, rerank=Setting(strength=0.5), allowed=allowed)
    assert all(item % 2 == 0 for item in _items(found.before) + _items(found.after))
    held_out = set(serving.held_out[[user]].indices.tolist())
    assert found.after["hit"].tolist() == [item in held_out for item in _items(found.after)]
    again = what_if(serving, user, edits, k=40, again=True)
    assert len(again.after) == 40


def test_the_sentence_counts() -> None:
    edits = Edits(removed=tuple(ease().history(4)[:2].tolist()))
    found = what_if(ease(), 4, edits, k=10)
    said = found.sentence(edits)
    assert said.startswith("Your 2 edits brought ")
    assert f"{found.n_new} new into this list of 10 and moved {found.n_moved}" in said


def test_values_stand_beside_their_items_in_order_of_time() -> None:
    serving: Serving = ease()
    events = serving.data.interactions
    for user in range(10):
        history, values = serving.history(user), serving.values(user)
        own = events.iloc[serving.events_of(user)]
        told = dict(zip(own["item"], own["value"], strict=True))
        assert values.tolist() == [told[item] for item in history]
    assert serving.events_of(3).tolist() == np.flatnonzero(events["user"] == 3).tolist()


def test_a_user_without_history_can_be_given_one() -> None:
    found = edited_history(ease().data, NOBODY, np.zeros(0), Edits(added=(4, 9)))
    assert found[0].tolist() == [4, 9]
    assert found[1].tolist() == [ease().data.value_range[1]] * 2
