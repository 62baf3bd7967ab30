"""The attributes that are offered are those that the fitted model holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.one_attribute import Attribute
from recsys_core.models.reading import read_attributes, readers
from recsys_core.serving.mf import MfScorer
from recsys_core.serving.two_tower import TwoTowerScorer
from tests.fitted import fitted, tiny_split


@pytest.mark.parametrize("name", ["mf", "two_tower"])
def test_it_names_what_the_fitted_model_reads(name: str) -> None:
    scorer = fitted(name).scorer
    assert isinstance(scorer, (MfScorer, TwoTowerScorer))
    encoders = {"items": scorer.item_encoder, "users": scorer.user_encoder}
    held = {Attribute(side, column.name) for side, encoder in encoders.items() for column in encoder.columns}
    found = read_attributes(name, tiny_split().dataset)
    assert set(found) == held
    assert len(found) == len(held)
    assert (Attribute("items", "title") in found) == (name == "two_tower")


def test_columns_that_say_nothing_are_not_offered(little: Dataset) -> None:
    data = replace(little, items=little.items.assign(same="x", empty=None))
    assert read_attributes("two_tower", data) == read_attributes("two_tower", little)
    assert read_attributes("ease", data) == []


def test_the_models_that_read_attributes(little: Dataset) -> None:
    assert [one.name for one in readers(little)] == ["two_tower", "mf"]
