from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from recsys_core import files
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.errors import DataError, NotFound


def test_rows_of_interactions_point_at_users_and_items_in_natural_order(tiny_ratings: Dataset) -> None:
    assert tiny_ratings.users["user_id"].tolist() == ["ann", "bob", "cem", "dee"]
    assert tiny_ratings.items["item_id"].tolist() == list("abcdef")
    assert tiny_ratings.interactions["user"].tolist() == [0] * 5 + [1] * 3 + [2] * 3 + [3]
    assert tiny_ratings.item_rows(["f", "a"]).tolist() == [5, 0]


def test_columns_have_the_types_that_the_class_promises(tiny_ratings: Dataset) -> None:
    types = tiny_ratings.interactions.dtypes.astype(str).to_dict()
    assert types == {"user": "int32", "item": "int32", "value": "float32", "timestamp": "int64"}


def test_attributes_leave_id_and_title_out(tiny_ratings: Dataset) -> None:
    assert tiny_ratings.item_attributes == ["genres", "year"]
    assert tiny_ratings.user_attributes == ["age"]


def test_liked_is_four_on_a_scale_from_one_to_five(tiny_ratings: Dataset) -> None:
    assert tiny_ratings.value_range == (1.0, 5.0)
    assert tiny_ratings.liked_threshold == 4.0


def test_liked_is_the_value_itself_where_all_are_equal(tiny_ratings: Dataset) -> None:
    ones = tiny_ratings.interactions.assign(value=1.0)
    assert replace(tiny_ratings, interactions=ones).liked_threshold == 1.0


def test_an_unknown_id_is_named_in_the_words_of_the_data(tiny_ratings: Dataset) -> None:
    with pytest.raises(NotFound, match="user 'zoe' is unknown"):
        tiny_ratings.user_rows(["ann", "zoe"])


def test_an_item_without_title_shows_its_id() -> None:
    events = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["x", "y"], "value": [1.0, 2.0]})
    items = pd.DataFrame({"item_id": ["x", "unused"], "title": ["Ex", "Never chosen"]})
    dataset = make_dataset("t", Kind.RATING, events, items=items)
    assert dataset.items["title"].tolist() == ["Ex", "y"]
    assert make_dataset("t", Kind.RATING, events).items["title"].tolist() == ["x", "y"]


def test_a_data_set_without_interactions_is_refused(tiny_ratings: Dataset) -> None:
    with pytest.raises(DataError, match="no interaction is left"):
        replace(tiny_ratings, interactions=tiny_ratings.interactions.iloc[:0])


def test_a_row_number_outside_the_table_is_refused(tiny_ratings: Dataset) -> None:
    with pytest.raises(DataError, match="points at no row"):
        replace(tiny_ratings, interactions=tiny_ratings.interactions.assign(item=6))


def test_a_missing_value_is_refused(tiny_ratings: Dataset) -> None:
    gap = tiny_ratings.interactions.assign(value=float("nan"))
    with pytest.raises(DataError, match="a value is missing"):
        replace(tiny_ratings, interactions=gap)


def test_saving_and_loading_keeps_everything(tiny_ratings: Dataset, tmp_path: Path) -> None:
    tiny_ratings.save(tmp_path / "tiny")
    loaded = Dataset.load(tmp_path / "tiny")
    pd.testing.assert_frame_equal(loaded.interactions, tiny_ratings.interactions)
    pd.testing.assert_frame_equal(loaded.users, tiny_ratings.users)
    assert [list(cell) for cell in loaded.items["genres"]] == tiny_ratings.items["genres"].tolist()
    assert loaded.fingerprint == tiny_ratings.fingerprint
    assert loaded.renamed("other").fingerprint == tiny_ratings.fingerprint
    assert loaded.words == tiny_ratings.words
    assert loaded.provenance == tiny_ratings.provenance


def test_the_fingerprint_follows_the_content_and_not_the_name(tiny_ratings: Dataset) -> None:
    changed = tiny_ratings.interactions.assign(value=tiny_ratings.interactions["value"] + 1)
    assert tiny_ratings.renamed("other").fingerprint == tiny_ratings.fingerprint
    assert replace(tiny_ratings, interactions=changed).fingerprint != tiny_ratings.fingerprint


def test_a_damaged_table_is_a_plain_error(tiny_ratings: Dataset, tmp_path: Path) -> None:
    tiny_ratings.save(tmp_path / "tiny")
    (tmp_path / "tiny" / "items.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(
        DataError, match=r"items\.parquet was changed after it was saved; delete it and import"
    ):
        Dataset.load(tmp_path / "tiny")


def test_a_table_that_somebody_exchanged_for_another_whole_one_is_refused(
    tiny_ratings: Dataset, tmp_path: Path
) -> None:
    tiny_ratings.save(tmp_path / "tiny")
    changed = tiny_ratings.interactions.assign(value=1.0)
    files.write_table(tmp_path / "tiny" / "interactions.parquet", changed)
    with pytest.raises(DataError, match=r"data set tiny: interactions\.parquet was changed"):
        Dataset.load(tmp_path / "tiny")


@pytest.mark.parametrize(
    "change", [{"sha256": {}}, {"kind": "stars"}, {"words": {"colour": "red"}}, {"words": 3}]
)
def test_a_damaged_manifest_is_a_plain_error(
    tiny_ratings: Dataset, tmp_path: Path, change: dict[str, object]
) -> None:
    tiny_ratings.save(tmp_path / "tiny")
    manifest = files.read_json(tmp_path / "tiny" / "dataset.json")
    files.write_json(tmp_path / "tiny" / "dataset.json", manifest | change)
    with pytest.raises(DataError, match="cannot be read"):
        Dataset.load(tmp_path / "tiny")


def test_a_table_that_is_gone_is_a_plain_error(tiny_ratings: Dataset, tmp_path: Path) -> None:
    tiny_ratings.save(tmp_path / "tiny")
    (tmp_path / "tiny" / "users.parquet").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        Dataset.load(tmp_path / "tiny")


def test_a_manifest_of_a_newer_version_is_refused(tiny_ratings: Dataset, tmp_path: Path) -> None:
    tiny_ratings.save(tmp_path / "tiny")
    manifest = files.read_json(tmp_path / "tiny" / "dataset.json")
    files.write_json(tmp_path / "tiny" / "dataset.json", manifest | {"format_version": 999})
    with pytest.raises(DataError, match="newer version"):
        Dataset.load(tmp_path / "tiny")
