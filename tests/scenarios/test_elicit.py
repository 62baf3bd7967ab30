from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import ITEM, USER, VALUE, Kind
from recsys_core.data.dataset import make_dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.errors import ParamError
from recsys_core.models.registry import model_class
from recsys_core.scenarios import elicit
from recsys_core.scenarios.elicit import DEFAULT, GAIN, POPULAR, STRATEGIES, next_questions, panel_of
from recsys_core.scenarios.lists import Serving
from tests.fitted import fitted, tiny_split

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
EVERYBODY_S, FIRST_OF_A, FIRST_OF_B, RARE = 0, 1, 15, 29


def _serving(model: str) -> Serving:
    return Serving("run", tiny_split().dataset, tiny_split(), fitted(model).scorer)


@pytest.fixture(scope="module")
def two_tastes() -> Serving:
    """Forty people who all chose item 0; half of them ten of the items 1 to 14, half ten of 15 to 28; one chose 29."""
    rng, rows = np.random.default_rng(0), []
    for person in range(40):
        own = np.arange(FIRST_OF_A, FIRST_OF_B) if person % 2 else np.arange(FIRST_OF_B, RARE)
        rows += [(person, item) for item in [EVERYBODY_S, *rng.choice(own, 10, replace=False)]]
    rows.append((0, RARE))
    events = pd.DataFrame(rows, columns=[USER, ITEM]).astype("str").assign(**{VALUE: 1.0})
    items = pd.DataFrame({ITEM: [str(row) for row in range(RARE + 1)]})
    data = make_dataset("two tastes", Kind.IMPLICIT, events, items=items)
    everything = np.arange(len(data.interactions))
    split = Split(data, SplitSpec(), everything[:-2], everything[-2:-1], everything[-1:])
    return Serving("run", data, split, model_class("item_knn")({"neighbours": 30}).fit(split, seed=0).scorer)


def test_the_default_asks_what_tells_tastes_apart_not_what_everybody_chose(two_tastes: Serving) -> None:
    rows = two_tastes.data.item_rows([str(number) for number in range(RARE + 1)])
    first = int(next_questions(two_tastes, {})[0])
    assert first not in (rows[EVERYBODY_S], rows[RARE])
    assert next_questions(two_tastes, {}, strategy=POPULAR).tolist() == [rows[EVERYBODY_S]]


def test_people_of_the_same_taste_stand_for_somebody_after_one_answer(two_tastes: Serving) -> None:
    item = int(two_tastes.data.item_rows(["3"])[0])
    chose = np.asarray(two_tastes.chosen_by[[item]].toarray()).ravel() > 0
    for answer, more in ((True, True), (False, False), (None, False)):
        panel = panel_of(two_tastes, {item: answer})
        of_them = panel.weights[chose[panel.users]].mean()
        others = panel.weights[~chose[panel.users]].mean()
        assert (of_them > others) == more
        assert panel.weights.sum() == pytest.approx(1.0)


def test_popular_asks_by_count(two_tastes: Serving) -> None:
    counts = two_tastes.seen.getnnz(axis=0)
    asked = next_questions(two_tastes, {}, strategy=POPULAR, n=30)
    assert counts[asked].tolist() == sorted(counts, reverse=True)


@every_strategy
@given(
    answers=st.dictionaries(st.integers(0, 39), st.sampled_from([True, False, None]), max_size=12),
    n=st.integers(0, 45),
)
def test_nothing_is_asked_twice(strategy: str, answers: dict[int, bool | None], n: int) -> None:
    serving = _EASE
    answers = {item: answer for item, answer in answers.items() if item < serving.data.n_items}
    asked = next_questions(serving, answers, strategy=strategy, n=n)
    assert len(asked) == min(n, serving.data.n_items - len(answers))
    assert len(set(asked.tolist()) | set(answers)) == len(asked) + len(answers)


_EASE = _serving("ease")


@every_strategy
@pytest.mark.parametrize("model", ["popularity", "embedding_mlp", "sequence", "mf"])
def test_any_model_can_be_asked_for_questions(strategy: str, model: str) -> None:
    found = next_questions(_serving(model), {3: True, 5: None}, strategy=strategy, n=3)
    assert len(set(found.tolist()) - {3, 5}) == 3


def test_a_large_catalogue_is_weighed_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = next_questions(_EASE, {3: True}, n=3)
    monkeypatch.setattr(elicit, "REACH", 25)
    assert len(next_questions(_EASE, {3: True}, n=3)) == len(whole)


def test_answers_change_the_next_question() -> None:
    after = {item: int(next_questions(_EASE, {item: True})[0]) for item in range(10)}
    assert len(set(after.values())) > 1
    assert all(asked != item for item, asked in after.items())


def test_bad_input_says_what_is_wrong() -> None:
    assert DEFAULT == GAIN
    with pytest.raises(ParamError, match="no way of asking"):
        next_questions(_EASE, {}, strategy="oracle")
    for item in (-1, 10_000):
        with pytest.raises(ParamError, match="not in the catalogue"):
            next_questions(_EASE, {item: True})
