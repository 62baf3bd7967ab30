"""Columns are found in files of trades and languages that nobody thought of while the rules were written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.data.test_roles import check
from tests.shapes import N, Shape, World, hashed, named, uuids, written


def _services() -> dict[str, Shape]:
    w = World(11)
    u, i = w.users, w.items
    end = w.rng.permutation(i)
    return {
        "insurance": Shape(
            written({"policyholder_id": named("P{:06d}", u), "product": named("Plan {}", i),
                     "premium": np.round(w.rng.lognormal(6, 0.5, N), 2), "start_date": w.when("%Y-%m-%d"),
                     "region": np.array(["N", "S", "E"])[u % 3]}),
            "implicit",
            {"user": "policyholder_id", "item": "product", "time": "start_date", "user_attributes": ("region",)},
        ),
        "gym classes": Shape(
            written({"Member No": u + 10_000, "Class": named("Yoga {}", i), "Instructor": named("Coach {}", i % 12),
                     "Booked At": w.when("%d/%m/%Y %H:%M"), "Attended": w.among("Yes", "No")}),
            "implicit",
            {"user": "Member No", "item": "Class", "value": "Attended", "time": "Booked At",
             "item_attributes": ("Instructor",)},
        ),
        "hotel bookings": Shape(
            written({"guest": named("G{}", u), "hotel": i, "check_in": w.when("%d-%b-%y"), "nights": w.few(),
                     "price": np.round(w.rng.lognormal(4.5, 0.4, N), 2)}),
            "implicit",
            {"user": "guest", "item": "hotel", "value": "nights", "time": "check_in"},
        ),
        "bike shares": Shape(
            written({"ride_id": hashed(np.arange(N), length=16), "started_at": w.times,
                     "ended_at": w.times + pd.to_timedelta(w.rng.integers(100, 4000, N), unit="s"),
                     "start_station_id": i + 100, "start_station_name": named("Station {}", i), "end_station_id": end + 100,
                     "end_station_name": named("Station {}", end), "bike_id": u + 9000,
                     "member_casual": w.among("member", "casual")}),
            "implicit",
            {"user": "bike_id", "item": "start_station_id", "time": "started_at", "title": "start_station_name"},
        ),
        "tool rentals": Shape(
            written({"rental_no": np.arange(N) + 70_000, "customer_no": u + 300, "tool": named("Drill {}", i),
                     "days": w.few(15), "out": w.when("%Y/%m/%d")}),
            "implicit",
            {"user": "customer_no", "item": "tool", "value": "days", "time": "out"},
        ),
        "library": Shape(
            written({"card": named("29{:08d}", u), "barcode": named("39{:08d}", i), "checkout_date": w.when("%Y-%m-%d"),
                     "due_date": (w.times + pd.Timedelta(days=21)).strftime("%Y-%m-%d"),
                     "branch": w.among("Main", "East", "West")}),
            "implicit",
            {"user": "card", "item": "barcode", "time": "checkout_date"},
        ),
        "restaurant orders": Shape(
            written({"order_no": np.arange(N) // 3 + 1000, "guest_id": u, "dish": named("Dish {}", i), "qty": w.few(6),
                     "unit_price": np.round(5 + i * 0.37, 2)}),
            "implicit",
            {"user": "guest_id", "item": "dish", "value": "qty", "item_attributes": ("unit_price",)},
        ),
        "help desk": Shape(
            written({"ticket_id": np.arange(N) + 5000, "requester": named("r{}", u), "article_id": i,
                     "was_helpful": w.flags(), "viewed_at": w.times}),
            "implicit",
            {"user": "requester", "item": "article_id", "value": "was_helpful", "time": "viewed_at"},
        ),
        "newsletters": Shape(
            written({"recipient": named("p{}@example.org", u), "newsletter": i, "sent": w.times, "opened": w.flags()}),
            "implicit",
            {"user": "recipient", "item": "newsletter", "value": "opened", "time": "sent"},
        ),
        "sessions, most of them anonymous": Shape(
            written({"sessionId": u, "userId": np.where(w.flags(0.7), np.nan, u % 40), "itemId": i,
                     "timeframe": w.rng.integers(0, 10**6, N), "eventdate": w.when("%Y-%m-%d")}, sep=";"),
            "implicit",
            {"user": "sessionId", "item": "itemId", "time": "eventdate", "user_attributes": ("userId",)},
        ),
        "impressions": Shape(
            written({"impression": np.arange(N), "ad_id": i, "user_id": u, "device": w.among("ios", "android", "web"),
                     "position": w.rng.integers(1, 5, N), "hour": w.rng.integers(0, 24, N), "is_click": w.flags(0.1)}),
            "click",
            {"user": "user_id", "item": "ad_id", "value": "is_click", "features": ("device", "position", "hour")},
        ),
    }  # fmt: skip


def _media() -> dict[str, Shape]:
    w = World(12)
    u, i = w.users, w.items
    clock = [
        f"{hour:02d}:{minute:02d}:{minute:02d}" for hour, minute in w.rng.integers(0, 60, (N, 2)) % (3, 60)
    ]
    return {
        "podcasts": Shape(
            written({"listener": uuids(u), "episode": uuids(i, "e"), "ts": w.epochs * 1000,
                     "seconds_listened": np.round(w.rng.exponential(900, N)).astype(int)}),
            "implicit",
            {"user": "listener", "item": "episode", "value": "seconds_listened", "time": "ts"},
        ),
        "a viewing history": Shape(
            written({"Profile Name": named("Pat {}", u % 4), "Start Time": w.times, "Duration": clock,
                     "Title": named("Show {}: Pilot", i), "Country": "DE (Germany)"}),
            "implicit",
            {"user": "Profile Name", "item": "Title", "time": "Start Time"},
        ),
        "a listening history": Shape(
            written({"ts": w.when("%Y-%m-%dT%H:%M:%SZ"), "username": named("n{}", u), "ms_played": w.counts(11),
                     "track_name": named("Song {}", i), "track_uri": named("track:{}", i)}),
            "implicit",
            {"user": "username", "item": "track_uri", "value": "ms_played", "time": "ts", "title": "track_name"},
        ),
        "starred repositories": Shape(
            written({"login": named("dev{}", u), "repo": named("org/lib{}", i), "starred_at": w.when("%Y-%m-%dT%H:%M:%SZ")}),
            "implicit",
            {"user": "login", "item": "repo", "time": "starred_at"},
        ),
        "wines": Shape(
            written({"taster_name": named("Taster {}", u), "wine": named("Chateau {}", i),
                     "points": w.rng.normal(88, 3, N).round().clip(80, 100), "price": 9 + i * 3 % 70,
                     "country": np.array(["FR", "IT", "US", "ES"])[i % 4]}),
            "rating",
            {"user": "taster_name", "item": "wine", "value": "points", "item_attributes": ("price", "country")},
        ),
        "several grades a row": Shape(
            written({"beer_id": i + 40_000, "beer_name": named("Brew {}", i), "profile": named("fan{}", u),
                     "review_overall": w.scale(1, 5, 0.5), "review_taste": w.scale(1, 5, 0.5), "review_time": w.epochs,
                     "abv": np.round(4 + i * 0.05, 1)}),
            "rating",
            {"user": "profile", "item": "beer_id", "value": "review_overall", "time": "review_time", "title": "beer_name",
             "item_attributes": ("abv",)},
        ),
        "dating": Shape(
            written({"from_user": u, "to_user": w.rng.integers(0, 200, N), "like": w.flags(), "at": w.times}),
            "implicit",
            {"user": "from_user", "item": "to_user", "value": "like", "time": "at"},
        ),
        "brand beside the product": Shape(
            written({"age": (u * 7) % 60 + 18, "city": named("City {}", u % 30), "user": named("u{}", u),
                     "brand": named("Brand {}", i % 20), "weight_g": i * 13 % 900, "sku": named("s{}", i),
                     "rating": w.scale(1, 5)}),
            "rating",
            {"user": "user", "item": "sku", "value": "rating", "item_attributes": ("brand", "weight_g"),
             "user_attributes": ("age", "city")},
        ),
        "museum": Shape(
            written({"visitor": u, "exhibit": i, "dwell_seconds": w.counts(4)}),
            "implicit",
            {"user": "visitor", "item": "exhibit", "value": "dwell_seconds"},
        ),
        "school": Shape(
            written({"pupil": u, "book": i, "pages_read": w.counts(3), "finished": w.flags()}),
            "implicit",
            {"user": "pupil", "item": "book", "value": "pages_read"},
        ),
        "interest in words": Shape(
            written({"buyer_ref": named("B{}", u), "property_ref": named("R{}", i), "interest": w.among("low", "high", "mid")}),
            "implicit",
            {"user": "buyer_ref", "item": "property_ref"},
        ),
    }  # fmt: skip


def _languages() -> dict[str, Shape]:
    w = World(13)
    u, i = w.users, w.items
    day, grades, few = w.when("%d.%m.%Y"), w.scale(1, 5), w.few()
    names = {
        "french": ("utilisateur", "restaurant", "note", "date_visite", w.scale(0, 20, 0.5)),
        "spanish": ("id_cliente", "id_producto", "cantidad", "fecha", few),
        "german": ("Benutzer", "Buch", "Bewertung", "Datum", grades),
        "dutch": ("klantnummer", "artikelnummer", "aantal", "datum", few),
        "italian": ("utente", "libro", "voto", "data", w.scale(1, 10)),
        "portuguese": ("usuário", "produto", "avaliação", "data", grades),
        "polish": ("klient", "produkt", "ocena", "data", w.scale(1, 6)),
        "swedish": ("kund_id", "artikel_id", "antal", "datum", few),
        "finnish": ("asiakas", "tuote", "määrä", "päivä", few),
        "russian": ("пользователь", "книга", "оценка", "дата", grades),
        "chinese": ("用户ID", "商品ID", "评分", "时间", grades),
    }
    return {
        name: Shape(
            written({item: i, when: day, value: cells, user: u + 5000} if name == "chinese" else
                    {user: u + 5000, item: i, value: cells, when: day}, sep=";", decimal=","),
            "implicit" if cells is few else "rating",
            {"user": user, "item": item, "value": value, "time": when},
        )
        for name, (user, item, value, when, cells) in names.items()
    }  # fmt: skip


def _spellings() -> dict[str, Shape]:
    w = World(14)
    u, i = w.users, w.items
    grades, counts, triple = w.scale(1, 5), w.counts(6), {"user": "user", "item": "item", "value": "value"}
    values = {
        "percent signs": (named("{}%", w.rng.integers(0, 101, N)), "rating"),
        "decimal commas": (
            named("{}", pd.Series(w.scale(1, 5, 0.5)).astype(str).str.replace(".", ",")),
            "rating",
        ),
        "commas between thousands": (named("{:,}", counts), "implicit"),
        "points between thousands": ([f"{one:,}".replace(",", ".") + ",50" for one in counts], "implicit"),
        "apostrophes between thousands": ([f"{one:,}".replace(",", "'") for one in counts], "implicit"),
        "yes and no in words": (w.flags().astype(bool), "implicit"),
        "minus five to five": (np.round(w.rng.normal(0, 2, N).clip(-5, 5), 1), "rating"),
        "minus one and one": (w.among("-1", "1"), "implicit"),
        "gaps": (np.where(w.flags(0.4), np.nan, grades), "rating"),
        "a share": (np.round(w.rng.beta(2, 1, N), 3), "rating"),
    }
    shapes = {
        name: Shape(written({"user": u, "item": i, "value": cells}, sep=";"), kind, triple)
        for name, (cells, kind) in values.items()
    }
    return shapes | {
        "milliseconds as text": Shape(
            written({"cookie": hashed(u, length=20), "page": named("/p/{}", i), "event_time": w.epochs * 1000 + 7}),
            "implicit",
            {"user": "cookie", "item": "page", "time": "event_time"},
        ),
        "e-mail addresses and leading zeros": Shape(
            written({"a": named("user{}@example.org", u), "b": named("{:010d}", i), "c": grades,
                     "d": w.when("%d %b %Y, %H:%M")}, header=False, sep="\t"),
            "rating",
            {"user": "column_1", "item": "column_2", "value": "column_3", "time": "column_4"},
        ),
        "any order and much noise": Shape(
            written({"source": "web", "batch": 7, "value": grades, "empty": "", "item": i, "row": np.arange(N),
                     "share": np.round(w.rng.random(N), 6), "user": u, "exported_at": "2021-05-05"}),
            "rating",
            triple,
        ),
        "names that say nothing": Shape(
            written({"alpha": named("{:04d}", u), "beta": named("X-{}", i), "gamma": w.scale(1, 7), "delta": w.times}),
            "rating",
            {"user": "alpha", "item": "beta", "value": "gamma", "time": "delta"},
        ),
        "names cut short": Shape(
            written({"CUST_ID": u, "PROD_CD": named("{:05d}", i), "TX_DT": w.when("%Y%m%d"), "TX_QTY": w.few()}, sep="|"),
            "implicit",
            {"user": "CUST_ID", "item": "PROD_CD", "value": "TX_QTY", "time": "TX_DT"},
        ),
    }  # fmt: skip


SHAPES = {
    f"{group}: {name}": shape
    for group, shapes in (
        ("service", _services()), ("medium", _media()), ("language", _languages()), ("spelling", _spellings()),
    )
    for name, shape in shapes.items()
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_columns_and_kind_of_files_of_any_trade_are_found(name: str) -> None:
    check(SHAPES[name], name)
