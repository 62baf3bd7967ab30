from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsys_core.columns import Kind
from recsys_core.data import open_bandit
from recsys_core.data.dataset import Dataset
from recsys_core.data.downloads import SourceUnreachable
from recsys_core.data.packages import PipMirror
from recsys_core.errors import DataError
from tests.helpers import REPOSITORY, contents


@pytest.fixture(scope="module")
def log() -> Dataset:
    """The log, downloaded once and kept between sessions."""
    cache = Path(os.environ.get("RECSYS_TEST_CACHE") or REPOSITORY / "workspace" / "cache")
    try:
        return open_bandit.fetch_open_bandit(cache)
    except SourceUnreachable as problem:
        pytest.skip(str(problem))


def test_the_log_has_its_known_shape_and_clicks(log: Dataset) -> None:
    assert (log.kind, log.n_users, log.n_items, len(log.interactions)) == (Kind.CLICK, 0, 160, 60_000)
    assert [step["rows_after"] for step in log.cleaning] == [60_000]
    assert set(log.interactions["value"]) == {0.0, 1.0}
    clicks = log.interactions.groupby(["campaign", "policy"])["value"].sum().to_dict()
    assert clicks == {
        ("all", "random"): 38, ("all", "bts"): 42,
        ("men", "random"): 46, ("men", "bts"): 69,
        ("women", "random"): 46, ("women", "bts"): 46,
    }  # fmt: skip
    assert "too few for any claim about AUC" in log.provenance.notice
    assert "CC BY 4.0" in log.provenance.terms and "2008.07146" in log.provenance.citation


def test_the_campaign_is_part_of_an_item_id(log: Dataset) -> None:
    items = log.items.set_index("item_id")
    assert items["campaign"].value_counts().to_dict() == {"all": 80, "women": 46, "men": 34}
    assert {"all-0", "men-0", "women-0"} <= set(items.index)
    campaigns = log.items["campaign"].to_numpy()[log.interactions["item"]]
    assert (campaigns == log.interactions["campaign"].to_numpy()).all()


def test_the_random_policy_shows_every_item_with_equal_probability(log: Dataset) -> None:
    random = log.interactions[log.interactions["policy"] == "random"]
    for campaign, n_items in (("all", 80), ("men", 34), ("women", 46)):
        shown = random.loc[random["campaign"] == campaign, "propensity_score"]
        assert shown.to_numpy() == pytest.approx(1 / n_items)
    assert set(log.interactions["position"]) == {1, 2, 3}
    assert log.interactions["hour"].between(0, 23).all()
    assert set(open_bandit.FEATURES) == set(log.features) <= set(log.interactions.columns)


def test_shortened_hashes_tell_the_values_apart_as_the_whole_ones_do(log: Dataset) -> None:
    n_values = [log.interactions[column].nunique() for column in open_bandit.USER_FEATURES]
    assert n_values == [3, 5, 9, 10]
    of_all = log.items[log.items["campaign"] == "all"]
    assert [of_all[f"item_feature_{number}"].nunique() for number in (1, 2, 3)] == [12, 21, 7]


def test_it_survives_being_saved(log: Dataset, tmp_path: Path) -> None:
    log.save(tmp_path)
    loaded = Dataset.load(tmp_path)
    assert loaded.features == open_bandit.FEATURES
    assert loaded.interactions.equals(log.interactions)


def test_an_index_out_of_reach_is_said_with_what_to_do(tmp_path: Path) -> None:
    nothing = PipMirror("no-such-package-here==1", "none.whl", "0" * 64, index_url="http://127.0.0.1:9")
    with pytest.raises(SourceUnreachable, match=r"put none\.whl into the folder 'cache'"):
        open_bandit.fetch_open_bandit(tmp_path, package=nothing)
    assert set(contents(tmp_path)) == {"TERMS-open-bandit.txt"}


def test_a_package_with_another_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.whl").write_bytes(b"no package")
    other = PipMirror("other==1", "none.whl", "")
    with pytest.raises(DataError, match="not laid out as expected"):
        open_bandit.fetch_open_bandit(tmp_path, package=other)
