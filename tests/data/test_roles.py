"""Columns are found in files as they are published: with and without names, of ratings, plays, orders, visits, ads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.column_map import Role
from recsys_core.data.dataset import Dataset
from recsys_core.data.roles import guess_columns, propose
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError
from tests.shapes import N, Shape, World, hashed, named, written

ROLES = (
    "user", "item", "value", "time", "title", "item_attributes", "user_attributes", "features",
)  # fmt: skip


def check(shape: Shape, name: str) -> None:
    """The proposal has the roles and the kind of the shape, each with a confidence and a reason."""
    table = read_table(shape.content, name=name)
    proposal = propose(table)
    found = {role: getattr(proposal.columns, role) for role in ROLES}
    assert found == {role: shape.role(role) for role in ROLES}, proposal.guesses
    assert proposal.kind.kind == shape.kind, proposal.kind
    assert set(proposal.guesses) == set(table.columns)
    for guess in (*proposal.guesses.values(), proposal.kind):
        assert 0 <= guess.confidence <= 1
        assert guess.reason


def _headerless() -> dict[str, Shape]:
    """No names at all: the columns are column_1, column_2, ..."""
    w = World(1)
    u, i = w.users, w.items
    c = [f"column_{place}" for place in range(10)]
    bought = w.flags()
    lat, lon = np.round(w.rng.uniform(-90, 90, 120), 5), np.round(w.rng.uniform(-180, 180, 120), 5)
    groups = np.array(["Bar", "Gym", "Cafe", "Park"])[np.arange(120) % 4]
    lines = [f"{user} {item} {grade:g}" for user, item, grade in zip(u, i, w.scale(0.5, 4, 0.5), strict=True)]
    triple = {"user": c[1], "item": c[2], "value": c[3]}
    return {
        "spaces between": Shape("\n".join(lines).encode(), "rating", triple),
        "four columns": Shape(
            written({"u": named("A{:013d}", u), "i": named("B{:09d}", i), "r": w.scale(1, 5), "t": w.epochs}, header=False),
            "rating",
            {**triple, "time": c[4]},
        ),
        "plays of artists": Shape(
            written({"u": hashed(u), "i": hashed(i, "i"), "n": named("Artist Name {}", i), "p": w.counts(3)}, sep="\t",
                    header=False),
            "implicit",
            {"user": c[1], "item": c[2], "value": c[4], "title": c[3]},
        ),
        "games bought and played": Shape(
            written({"u": u + 151_603_712, "g": named("Game, The {}", i), "b": np.where(bought, "purchase", "play"),
                     "h": np.where(bought, 1.0, np.round(w.rng.lognormal(1, 2, N), 1)), "z": 0}, header=False),
            "implicit",
            {"user": c[1], "item": c[2], "value": c[4]},
        ),
        "check-ins": Shape(
            written({"u": u, "t": w.when("%Y-%m-%dT%H:%M:%SZ"), "lat": lat[i], "lon": lon[i], "p": i + 22_847}, sep="\t",
                    header=False),
            "implicit",
            {"user": c[1], "item": c[5], "time": c[2], "item_attributes": (c[3], c[4])},
        ),
        "check-ins with groups": Shape(
            written({"u": u, "v": hashed(i, "v", 24), "k": hashed(i % 4, "c", 24), "c": groups[i], "lat": lat[i],
                     "lon": lon[i], "o": -240, "t": w.when("%a %b %d %H:%M:%S +0000 %Y")}, sep="\t", header=False),
            "implicit",
            {"user": c[1], "item": c[2], "time": c[8], "item_attributes": (c[3], c[4], c[5], c[6])},
        ),
        "pairs": Shape(written({"u": u, "i": i}, header=False), "implicit", {"user": c[1], "item": c[2]}),
        "clicks": Shape(
            written({"l": w.flags(0.3), **{f"i{k}": w.rng.poisson(5, N) for k in range(4)},
                     **{f"c{k}": hashed(w.rng.integers(0, 30, N), str(k), 8) for k in range(4)}}, sep="\t", header=False),
            "click",
            {"value": c[1], "features": tuple(c[2:10])},
        ),
        "a session's clicks": Shape(
            written({"s": u + 1, "t": w.when("%Y-%m-%dT%H:%M:%S.000Z"), "i": i + 214_500_000, "c": 0}, header=False),
            "implicit",
            {"user": c[1], "item": c[3], "time": c[2]},
        ),
        "time first": Shape(
            written({"t": w.epochs, "u": u, "i": i + 5000, "r": w.scale(1, 5)}, sep="\t", header=False),
            "rating",
            {"user": c[2], "item": c[3], "value": c[4], "time": c[1]},
        ),
        "same numbers for both": Shape(
            written({"u": w.rng.integers(0, 200, N), "i": w.rng.integers(0, 200, N), "r": w.scale(1, 5)}, header=False),
            "rating",
            triple,
        ),
    }  # fmt: skip


def _ratings() -> dict[str, Shape]:
    w = World(2)
    u, i = w.users, w.items
    index = pd.DataFrame({"reader": u, "book": i, "stars": w.scale(1, 5)}).to_csv().encode()
    books = pd.DataFrame(
        {"User-ID": u + 276_000, "ISBN": named("{:010d}", i), "Book-Rating": w.scale(1, 10) * w.flags(0.4)}
    )
    return {
        "a slider": Shape(
            written({"user": u, "joke": i, "rating": np.round(w.rng.uniform(-10, 10, N), 2)}),
            "rating",
            {"user": "user", "item": "joke", "value": "rating"},
        ),
        "books with a pile of zeros": Shape(
            books.to_csv(index=False, sep=";", quoting=1).encode("latin-1"),
            "rating",
            {"user": "User-ID", "item": "ISBN", "value": "Book-Rating"},
        ),
        "reviews": Shape(
            written({"review_id": hashed(np.arange(N)), "user_id": hashed(u, "u", 22), "business_id": hashed(i, "b", 22),
                     "stars": w.scale(1, 5), "useful": w.rng.poisson(1, N), "text": named("Nice, really {}", np.arange(N)),
                     "date": w.times}),
            "rating",
            {"user": "user_id", "item": "business_id", "value": "stars", "time": "date"},
        ),
        "a stand-in for no rating": Shape(
            written({"user_id": u, "anime_id": i, "rating": np.where(w.flags(0.2), -1, w.scale(4, 10))}),
            "rating",
            {"user": "user_id", "item": "anime_id", "value": "rating"},
        ),
        "flags beside the rating": Shape(
            written({"user_id": hashed(u, length=32), "book_id": i, "is_read": w.flags(), "rating": w.scale(0, 5),
                     "is_reviewed": w.flags()}),
            "rating",
            {"user": "user_id", "item": "book_id", "value": "rating"},
        ),
        "a saved index": Shape(index, "rating", {"user": "reader", "item": "book", "value": "stars"}),
        "everything in one": Shape(
            written({"user_id": u, "age": (u * 7) % 60 + 18, "gender": np.where(u % 2, "M", "F"), "movie_id": i,
                     "title": named("Title {} (1999)", i), "genres": np.where(i % 2, "Drama|War", "Comedy"),
                     "rating": w.scale(1, 5), "timestamp": w.epochs}),
            "rating",
            {"user": "user_id", "item": "movie_id", "value": "rating", "time": "timestamp", "title": "title",
             "item_attributes": ("genres",), "user_attributes": ("age", "gender")},
        ),
        "percent": Shape(
            written({"student": u, "course": i, "grade": w.rng.integers(0, 101, N)}),
            "rating",
            {"user": "student", "item": "course", "value": "grade"},
        ),
        "a date in three parts": Shape(
            written({"userID": u, "movieID": i, "rating": w.scale(0.5, 5, 0.5), "date_day": w.rng.integers(1, 28, N),
                     "date_month": w.rng.integers(1, 12, N), "date_year": w.rng.integers(2001, 2009, N)}, sep="\t"),
            "rating",
            {"user": "userID", "item": "movieID", "value": "rating"},
        ),
    }  # fmt: skip


def _events() -> dict[str, Shape]:
    w = World(3)
    u, i = w.users, w.items
    clicked = w.flags(0.2)
    return {
        "plays": Shape(
            written({"userID": u, "artistID": i, "weight": w.counts(4)}, sep="\t"),
            "implicit",
            {"user": "userID", "item": "artistID", "value": "weight"},
        ),
        "an event log": Shape(
            written({"timestamp": w.epochs * 1000, "visitorid": u, "event": w.among("view", "view", "addtocart"),
                     "itemid": i, "transactionid": np.where(w.flags(0.03), w.rng.integers(1, 9999, N), np.nan)}),
            "implicit",
            {"user": "visitorid", "item": "itemid", "time": "timestamp"},
        ),
        "orders without a customer": Shape(
            written({"order_id": u, "product_id": i, "add_to_cart_order": w.rng.integers(1, 15, N), "reordered": w.flags()}),
            "implicit",
            {"user": "order_id", "item": "product_id"},
        ),
        "ads without a person": Shape(
            written({"id": np.arange(N) * 7919 + 10**18, "click": clicked, "hour": 14_102_100 + w.rng.integers(0, 24, N),
                     "C1": w.among("1005", "1002"), "banner_pos": w.rng.integers(0, 3, N), "site_id": hashed(i, length=8),
                     "device_type": w.rng.integers(0, 4, N)}),
            "click",
            {"value": "click", "features": ("id", "hour", "C1", "banner_pos", "site_id", "device_type")},
        ),
        "ads with a person": Shape(
            written({"user": u, "time_stamp": w.epochs, "adgroup_id": i, "pid": w.among("430548_1007", "430539_1007"),
                     "nonclk": 1 - clicked, "clk": clicked, "hour": w.epochs // 3600 % 24,
                     "device": w.among("ios", "android")}),
            "click",
            {"user": "user", "item": "adgroup_id", "value": "clk", "time": "time_stamp",
             "features": ("pid", "hour", "device")},
        ),
        "pairs": Shape(written({"patron": u, "loan_item": i}), "implicit", {"user": "patron", "item": "loan_item"}),
        "likes": Shape(
            written({"user": u, "song": i, "liked": w.flags()}),
            "implicit",
            {"user": "user", "item": "song", "value": "liked"},
        ),
        "minutes": Shape(
            written({"viewer_id": u, "episode": i, "minutes_watched": np.round(w.rng.exponential(20, N), 1),
                     "watched_at": w.when("%m/%d/%Y %I:%M %p")}),
            "implicit",
            {"user": "viewer_id", "item": "episode", "value": "minutes_watched", "time": "watched_at"},
        ),
        "small quantities": Shape(
            written({"customer": u, "sku": i, "qty": w.few()}),
            "implicit",
            {"user": "customer", "item": "sku", "value": "qty"},
        ),
        "applications": Shape(
            written({"applied_on": w.when("%Y-%m-%d"), "applicant": u, "vacancy": i}),
            "implicit",
            {"user": "applicant", "item": "vacancy", "time": "applied_on"},
        ),
        "watch ratios": Shape(
            written({"user_id": u, "video_id": i, "play_duration": w.rng.integers(1000, 90_000, N),
                     "video_duration": (i * 331) % 60_000 + 3000, "time": w.times, "date": 20_200_705,
                     "timestamp": w.epochs + 0.123, "watch_ratio": np.round(w.rng.lognormal(-0.3, 1, N), 4)}),
            "implicit",
            {"user": "user_id", "item": "video_id", "value": "watch_ratio", "time": "time",
             "item_attributes": ("video_duration",)},
        ),
        "invoices": Shape(
            written({"Invoice": w.epochs // 1000, "StockCode": i + 10_000, "Description": named("MUG {}", i),
                     "Quantity": w.counts(1), "InvoiceDate": w.when("%d/%m/%Y %H:%M"),
                     "Price": np.round(w.rng.lognormal(1, 0.5, N), 2),
                     "Customer ID": np.where(w.flags(0.2), np.nan, u + 12_000), "Country": "United Kingdom"}),
            "implicit",
            {"user": "Customer ID", "item": "StockCode", "value": "Quantity", "time": "InvoiceDate", "title": "Description"},
        ),
    }  # fmt: skip


SHAPES = {
    f"{group}: {name}": shape
    for group, shapes in (("bare", _headerless()), ("rating", _ratings()), ("event", _events()))
    for name, shape in shapes.items()
}


@pytest.mark.parametrize("name", SHAPES)
def test_columns_and_kind_of_published_files_are_found(name: str) -> None:
    check(SHAPES[name], name)


def test_movielens_as_one_table_is_taken_apart(movielens: Dataset) -> None:
    rows = movielens.interactions
    table = pd.DataFrame(
        {
            "user_id": movielens.users["user_id"].to_numpy()[rows["user"]],
            "item_id": movielens.items["item_id"].to_numpy()[rows["item"]],
            "rating": rows["value"],
            "timestamp": rows["timestamp"],
            "title": movielens.items["title"].to_numpy()[rows["item"]],
            "occupation": movielens.users["occupation"].to_numpy()[rows["user"]],
        }
    )
    proposal = propose(table)
    columns = proposal.columns
    assert (columns.user, columns.item, columns.value, columns.time) == tuple(table.columns[:4])
    assert (columns.title, columns.user_attributes) == ("title", ("occupation",))
    assert proposal.kind.kind is Kind.RATING


def test_one_column_is_no_table_of_interactions() -> None:
    with pytest.raises(DataError, match="only one column"):
        guess_columns(pd.DataFrame({"user": ["a", "b"]}))


def test_a_reason_says_how_much_depends_on_the_item() -> None:
    proposal = propose(read_table(SHAPES["rating: everything in one"].content, name="t"))
    guess = proposal.guesses["genres"]
    assert guess.role is Role.ITEM_ATTRIBUTE
    assert "100%" in guess.reason


def test_a_rare_yes_is_no_attribute_of_the_item() -> None:
    w = World(4)
    table = read_table(
        written({"user": w.users, "ad": w.items, "stars": w.scale(1, 5), "reported": w.flags(0.02)}), name="t"
    )
    assert propose(table).columns.item_attributes == ()


def test_what_echoes_a_label_is_no_feature_and_a_named_label_makes_clicks() -> None:
    rng = np.random.default_rng(5)
    clicked = rng.integers(0, 2, 400)
    table = pd.DataFrame({"clicked": clicked, "not_clicked": 1 - clicked, "hour": rng.integers(0, 24, 400)})
    table = table.assign(device=rng.choice(["a", "b"], 400), banner=rng.integers(0, 9, 400)).astype("str")
    proposal = propose(table)
    assert proposal.kind.kind is Kind.CLICK
    assert proposal.guesses["not_clicked"].role is Role.UNUSED
    assert "same as the label" in proposal.guesses["not_clicked"].reason
    assert {"hour", "device"} <= set(proposal.columns.features)


def test_a_time_of_day_beside_the_day_is_nobody() -> None:
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "Date": [f"{1 + n % 28:02d}/11/23" for n in range(300)],
            "Time": [f"{8 + n % 11}:{n % 60:02d}" for n in range(300)],
            "Card": [f"**** {one}" for one in rng.integers(1000, 1040, 300)],
            "Item": [f"i{one}" for one in rng.integers(0, 50, 300)],
        }
    )
    columns = propose(table).columns
    assert (columns.user, columns.item, columns.time) == ("Card", "Item", "Date")
