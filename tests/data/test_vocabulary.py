from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.vocabulary import Vocabulary, natural_order

IDS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=30, unique=True)


@given(IDS)
def test_every_id_comes_back_from_its_row(ids: list[str]) -> None:
    vocabulary = Vocabulary(np.array(ids, dtype=object))
    rows = vocabulary.rows(ids)
    assert rows.tolist() == list(range(len(ids)))
    assert vocabulary.ids(rows).tolist() == ids


def test_an_unknown_id_has_row_minus_one() -> None:
    assert Vocabulary(np.array(["a", "b"])).rows(["b", "z"]).tolist() == [1, -1]


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="distinct"):
        Vocabulary(np.array(["a", "a"]))


def test_leading_zeros_make_another_id() -> None:
    vocabulary = Vocabulary(natural_order(pd.Series(["7", "007", "10"])))
    assert len(vocabulary) == 3
    assert vocabulary.rows(["007", "7"]).tolist() == [0, 1]


def test_whole_numbers_are_ordered_by_size_and_words_by_letter() -> None:
    assert natural_order(pd.Series(["10", "9", "100"])).tolist() == ["9", "10", "100"]
    assert natural_order(pd.Series(["b10", "a", "b9"])).tolist() == ["a", "b10", "b9"]
