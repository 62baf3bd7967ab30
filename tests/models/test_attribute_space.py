from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.models.attribute_space import (
    FEWEST_DIRECTIONS,
    MOST_DIRECTIONS,
    TEXT_LENGTH,
    main_directions,
)


def _table(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    words = ["red", "blue", "green", "grey", "boat", "kite", "lamp", "chair"]
    titles = [f"{' '.join(rng.choice(words, 3, replace=False))} {row}" for row in range(n)]
    return pd.DataFrame(
        {"year": rng.integers(1990, 2020, n), "title": titles, "shelf": rng.choice(["a", "b"], n)}
    )


@pytest.mark.parametrize(("n", "wanted"), [(60, FEWEST_DIRECTIONS), (500, 10), (5000, MOST_DIRECTIONS)])
def test_only_text_is_squeezed_and_by_how_many_rows_there_are(n: int, wanted: int) -> None:
    table = _table(n)
    encoder = AttributeEncoder.fit(table)
    vectors = encoder.transform(table)
    squeezed = (vectors @ main_directions(encoder, vectors)).toarray()
    year, title, shelf = (column.width for column in encoder.columns)
    assert squeezed.shape == (n, year + wanted + shelf)
    plain = vectors.toarray()
    np.testing.assert_allclose(squeezed[:, :year], plain[:, :year], atol=1e-6)
    np.testing.assert_allclose(squeezed[:, -shelf:], plain[:, year + title :], atol=1e-6)
    assert (np.linalg.norm(squeezed[:, year:-shelf], axis=1) <= TEXT_LENGTH + 1e-5).all()


def test_the_directions_are_the_largest_ones_of_an_independent_decomposition() -> None:
    table = _table(200)[["title"]]
    encoder = AttributeEncoder.fit(table)
    vectors = encoder.transform(table)
    found = main_directions(encoder, vectors).toarray() / TEXT_LENGTH
    np.testing.assert_allclose(found.T @ found, np.eye(found.shape[1]), atol=1e-4)
    singular = np.linalg.svd(vectors.toarray(), compute_uv=False)[: found.shape[1]]
    np.testing.assert_allclose(np.linalg.norm(vectors @ found, axis=0), singular, rtol=0.02)


def test_without_attributes_there_is_one_empty_column() -> None:
    encoder = AttributeEncoder.fit(pd.DataFrame({"user_id": ["1", "2"]}))
    assert main_directions(encoder, encoder.transform(None, 2)).shape == (0, 1)


def test_it_repeats() -> None:
    table = _table(80)
    encoder = AttributeEncoder.fit(table)
    first, again = (main_directions(encoder, encoder.transform(table)) for _time in range(2))
    assert abs(first - again).max() == 0
