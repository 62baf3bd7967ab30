"""The map: vectors that mean something, neighbours that are kept, colours judged against chance, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.manifold import trustworthiness

from recsys_core.columns import COUNTS, NUMBERS, VALUES
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported, ParamError
from recsys_core.models.baselines import Ease
from recsys_core.ranking import likeness
from recsys_core.runs import open_run
from recsys_core.scenarios import embedding_map, map_colours
from recsys_core.scenarios.embedding_map import (
    ITEMS,
    PCA,
    TSNE,
    USERS,
    EmbeddingMap,
    drawn,
    kept_share,
    make_map,
    nearest,
)
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.map_colours import (
    Colouring,
    colourings,
    main_values,
    points_table,
    sentence,
    together,
)
from recsys_core.scenarios.map_store import kept_map, made_map
from tests.conftest import Studio
from tests.scenarios.served import ease, network, popularity


def _groups(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three far groups of unit vectors, and which each point belongs to."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 3
    points = np.eye(8)[group] + rng.normal(0, 0.05, (n, 8))
    return points / np.linalg.norm(points, axis=1, keepdims=True), group


@pytest.mark.parametrize("method", [TSNE, PCA])
def test_groups_stay_groups(method: str) -> None:
    points, group = _groups()
    places = drawn(points, method)
    assert places.shape == (60, 2)
    assert np.isfinite(places).all()
    assert (group[nearest(places)] == group[:, None]).mean() > 0.99
    assert trustworthiness(points, places, n_neighbors=5) > 0.85


def test_drawing_tells_how_far_it_is_and_is_repeatable(capsys: pytest.CaptureFixture[str]) -> None:
    points, _group = _groups()
    told: list[float] = []
    first = drawn(points, TSNE, told.append)
    assert told == sorted(told)
    assert told[0] > 0 and told[-1] == 1.0
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(first, drawn(points, TSNE))


def test_few_or_equal_points_can_be_drawn() -> None:
    for method in (TSNE, PCA):
        assert np.isfinite(drawn(np.eye(4), method)).all()
        assert np.isfinite(drawn(np.ones((6, 3)), method)).all()
        assert drawn(np.ones((5, 1)), method).shape == (5, 2)


def test_kept_neighbours_by_hand() -> None:
    near = np.array([[1, 2], [0, 2]])
    assert kept_share(near, near[:, ::-1]) == 1.0
    assert kept_share(near, np.array([[2, 3], [3, 4]])) == 0.25
    line = np.array([[0.0], [1.0], [3.0]])
    assert nearest(line).tolist() == [[1, 2], [0, 2], [1, 0]]


def test_users_vectors_are_the_factors_of_a_product() -> None:
    rng = np.random.default_rng(1)
    users, items = rng.normal(size=(40, 3)), rng.normal(size=(60, 3))
    users[:20] = users[0] + rng.normal(0, 0.01, (20, 3))
    found = likeness.user_vectors(users @ items.T)
    assert found.shape[0] == 40
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0)
    assert (found[:20] @ found[:20].T).min() > 0.9
    assert not likeness.user_vectors(np.tile(items @ users[0], (5, 1))).any()


@pytest.mark.parametrize("of", [ITEMS, USERS])
@pytest.mark.parametrize("model", ["ease", "history_encoder"])
def test_a_map_of_a_run(of: str, model: str) -> None:
    serving = ease() if model == "ease" else network(model)
    told: list[str] = []
    found = make_map(
        serving, model=model, of=of, method=PCA, report=lambda event: told.append(event["status"])
    )
    n = len(found.rows)
    assert found.n_all == (serving.data.n_items if of == ITEMS else serving.data.n_users) >= n > 10
    assert found.vectors.shape[0] == found.places.shape[0] == n
    assert found.near.shape == (n, 10)
    assert (found.near != np.arange(n)[:, None]).all()
    assert 0 <= found.kept <= 1 and found.chance == pytest.approx(10 / (n - 1))
    assert told[0] == "scoring" and told[-1] == "checking"
    likest = found.likeness(0, found.near[0])
    assert (np.diff(likest) <= 1e-6).all()
    assert found.place_of(int(found.rows[3])) == 3
    assert found.place_of(10**6) is None


def test_the_most_chosen_are_drawn_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_map, "MOST_POINTS", 12)
    found = make_map(ease(), model="ease", method=PCA)
    assert len(found.rows) == 12
    least = ease().popularity[found.rows].min()
    assert (np.delete(ease().popularity, found.rows) <= least).all()
    assert len(make_map(ease(), model="ease", of=USERS, method=PCA).rows) == 12


@pytest.mark.parametrize("model", ["popularity", "random", "bias"])
def test_floors_have_no_map(model: str) -> None:
    with pytest.raises(NotSupported, match="has no embedding"):
        make_map(popularity(), model=model)


def test_a_model_that_gives_all_the_same_is_refused() -> None:
    with pytest.raises(NotSupported, match="has no embedding"):
        make_map(popularity(), model="ease", method=PCA)


@pytest.mark.parametrize("asked", [{"of": "genres"}, {"method": "umap"}])
def test_what_cannot_be_drawn_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(ParamError, match="cannot be drawn"):
        make_map(ease(), model="ease", **asked)


def _map(n: int, of: str = ITEMS) -> EmbeddingMap:
    """Points on a line, each near those beside it."""
    line = np.arange(n, dtype=np.float64)[:, None]
    return EmbeddingMap(of, PCA, np.arange(n), line, nearest(line), np.hstack([line, line]), n, 1.0, 0.1, 0.0)


@pytest.fixture
def halves(tiny_ratings: Dataset) -> Serving:
    """Forty items in a row: the first half is red, the second blue; every tenth is also odd; one is unknown."""
    n = 40
    events = pd.DataFrame({"user": np.zeros(n, np.int32), "item": np.arange(n, dtype=np.int32), "value": 4.0})
    events = pd.concat([events, events.assign(user=1)], ignore_index=True)
    sides = [["red"] if place < 20 else ["blue"] for place in range(n)]
    sides[0] = []
    sides[5] = ["blue", "red"]
    items = pd.DataFrame(
        {"item_id": [f"i{place}" for place in range(n)], "title": [f"T{place}" for place in range(n)],
         "side": sides, "size": np.arange(n) * 1.0, "noise": np.random.default_rng(0).permutation(n) * 1.0}
    )  # fmt: skip
    users = pd.DataFrame({"user_id": ["u0", "u1"]})
    data = replace(tiny_ratings, interactions=events, items=items, users=users, list_columns=("side",))
    split = make_split(data, SplitSpec(seed=1))
    return Serving("run", data, split, Ease({"l2": 1.0}).fit(split, seed=0).scorer)


def test_colours_that_lie_together_are_told_from_chance(halves: Serving) -> None:
    found, words = _map(40), halves.data.words
    names = {one.name: one for one in colourings(halves, ITEMS)}
    assert list(names) == ["attribute.side", "attribute.size", "attribute.noise", "popularity"]
    side = together(halves, found, names["attribute.side"])
    assert side is not None and side.certain
    assert side.seen > 8 and 4 < side.chance < 6
    assert "lie near each other" in sentence(side, found, names["attribute.side"], words)
    size = together(halves, found, names["attribute.size"])
    assert size is not None and size.certain and size.seen < size.chance
    noise = together(halves, found, names["attribute.noise"])
    assert noise is not None and not noise.certain
    assert "no sign of it" in sentence(noise, found, names["attribute.noise"], words)
    assert sentence(None, found, names["popularity"], words) == ""


def test_of_several_values_the_less_common_one_is_shown(halves: Serving) -> None:
    main = main_values(halves, _map(40), Colouring("attribute.side", "side", VALUES, "side"))
    assert main.iloc[0] == ""
    assert main.iloc[5] == "red"  # 19 are red, 21 blue
    assert main.iloc[30] == "blue"


def test_points_carry_what_is_known_of_them(halves: Serving) -> None:
    table = points_table(halves, _map(40), Colouring("attribute.side", "side", VALUES, "side"))
    assert table["title"].iloc[7] == "T7" and table["id"].iloc[7] == "i7"
    assert table["about"].iloc[5].startswith("blue, red · 5")
    assert table["alike"].iloc[30] == 1.0
    counted = points_table(halves, _map(40), Colouring("popularity", "popularity", COUNTS))
    assert counted["colour"].tolist() == halves.popularity.tolist()
    assert counted["alike"].isna().all()


def test_nothing_known_is_no_colour(halves: Serving) -> None:
    blank = halves.data.items.assign(size=np.nan)
    serving = replace(halves, data=replace(halves.data, items=blank))
    assert together(serving, _map(40), Colouring("attribute.size", "size", NUMBERS, "size")) is None


def test_users_can_be_coloured_by_what_they_favour() -> None:
    serving = ease()
    found = make_map(serving, model="ease", of=USERS, method=PCA)
    names = {one.name: one for one in colourings(serving, USERS)}
    assert map_colours.FAVOURITE in names
    for colouring in names.values():
        table = points_table(serving, found, colouring)
        assert len(table) == len(found.rows)
        assert (table["colour"].nunique() <= map_colours.MOST_VALUES + 1) or colouring.kind != VALUES


def test_a_map_is_kept_and_read_again(studio: Studio, tmp_path: object) -> None:
    run = open_run(studio.runs["ease"])
    first = made_map(run, method=PCA)
    again = kept_map(run, ITEMS, PCA)
    assert again is not None
    for name in ("rows", "vectors", "near", "places"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert again.kept == first.kept and again.n_all == first.n_all
    assert kept_map(run, USERS, PCA) is None


def test_real_films_of_a_genre_lie_together(movielens: Dataset) -> None:
    split = make_split(movielens, SplitSpec())
    serving = Serving("run", movielens, split, Ease({"l2": 200.0}).fit(split, seed=0).scorer)
    found = make_map(serving, model="ease", method=PCA)
    assert len(found.rows) > 1500
    genres = colourings(serving, ITEMS)[0]
    judged = together(serving, found, genres)
    assert judged is not None and judged.certain and judged.seen > 1.5 * judged.chance
