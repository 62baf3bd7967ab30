"""The items of a simulated world: what a table tells of them, and the loadings that no table tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TITLE
from recsys_core.data.simulator.people import (
    AGE_FROM,
    AGE_TO,
    BAND_YEARS,
    N_BANDS,
    N_TOPICS,
    SEGMENTS,
    ids_of,
)
from recsys_core.data.simulator.spec import WorldSpec
from recsys_core.data.simulator.streams import ITEMS, stream
from recsys_core.types import BoolArray, FloatArray, IntArray

CATEGORIES = ("Atlas", "Breeze", "Canvas", "Delta", "Ember", "Fable", "Garden", "Harbour")
PRICE_BANDS = ("low", "medium", "high", "top")
COLOURS = ("amber", "blue", "green", "grey", "red", "white")
LIST_COLUMNS = ("category",)
_FIRST_WORDS = (
    "Amber Azure Bright Calm Copper Coral Crimson Distant Early Gentle Golden Hidden Ivory Jade Late "
    "Little Lunar Mellow Northern Olive Pale Quiet Rapid Silver Southern Still Sunny Velvet Violet Wild"
)
_SECOND_WORDS = (
    "Anchor Arrow Beacon Bridge Castle Clock Cloud Compass Feather Field Forest Fountain Island Key Kite "
    "Lantern Meadow Mirror Mountain Orchard Path River Sail Signal Spark Stone Summit Tower Valley Window"
)
_N_WORDS = 30
_SECOND_CATEGORY = 0.4
_QUALITY, _QUALITY_OF_POPULAR = 0.3, 0.12
_PRICE_OF_SEGMENT, _PRICE_OF_AGE = 0.5, 0.35


@dataclass(frozen=True)
class Catalogue:
    """Every item that exists, one place an array.

    Attributes:
        in_category: one or two categories an item, shape (n_items, n_categories).
        price, colour, weight: attributes; the price band matters, colour and weight are noise.
        words: which two words make the title, shape (n_items, 2).
        popularity: share of the draws that popularity alone decides, sums to 1.
        quality: how much everybody likes an item more than others; a little higher for popular ones.
        loadings: standard normal, shape (n_items, N_TOPICS).
        liking: what a group of users (segment and age band) likes because of attributes, mean 0 and standard
            deviation 1, shape (n_groups, n_items).
        strength: by attribute, the standard deviation of its part in the liking; 0 for noise.
    """

    in_category: BoolArray
    price: IntArray
    colour: IntArray
    weight: FloatArray
    words: IntArray
    popularity: FloatArray
    quality: FloatArray
    loadings: FloatArray
    liking: FloatArray
    strength: dict[str, float]


def draw_catalogue(spec: WorldSpec) -> Catalogue:
    """The items of a world."""
    rng = stream(spec.seed, ITEMS)
    n = spec.n_items
    in_category = _categories(n, rng)
    price = rng.integers(len(PRICE_BANDS), size=n, dtype=np.int64)
    colour = rng.integers(len(COLOURS), size=n, dtype=np.int64)
    weight = np.round(np.exp(0.6 * rng.standard_normal(n)), 2)
    words = rng.integers(_N_WORDS, size=(n, 2), dtype=np.int64)
    place = rng.permutation(n)
    popularity = (1.0 + place) ** -spec.popularity
    loadings = rng.standard_normal((n, N_TOPICS))
    known = -np.log1p(place)
    known = (known - known.mean()) / known.std()
    quality = _QUALITY * rng.standard_normal(n) + (_QUALITY_OF_POPULAR * known if spec.popularity else 0.0)
    liking, strength = _liking(in_category, price, rng)
    return Catalogue(
        in_category, price, colour, weight, words, popularity / popularity.sum(), quality, loadings,
        liking, strength,
    )  # fmt: skip


def _categories(n_items: int, rng: np.random.Generator) -> BoolArray:
    in_category = np.zeros((n_items, len(CATEGORIES)), dtype=bool)
    rows = np.arange(n_items)
    first = rng.integers(len(CATEGORIES), size=n_items)
    second = (first + rng.integers(1, len(CATEGORIES), size=n_items)) % len(CATEGORIES)
    in_category[rows, first] = True
    in_category[rows, second] |= rng.random(n_items) < _SECOND_CATEGORY
    return in_category


def _liking(
    in_category: BoolArray, price: IntArray, rng: np.random.Generator
) -> tuple[FloatArray, dict[str, float]]:
    """Liking by group and item, shape (n_groups, n_items), and how much of it each attribute brings.

    Three parts: segment with category, segment with price band, age band with price band.
    """
    of_category = rng.standard_normal((len(SEGMENTS), len(CATEGORIES)))
    of_price = _PRICE_OF_SEGMENT * rng.standard_normal((len(SEGMENTS), len(PRICE_BANDS)))
    mixed = np.stack([np.where(in_category, likes, 0.0).sum(axis=1) for likes in of_category])
    ages = AGE_FROM + BAND_YEARS * (np.arange(N_BANDS) + 0.5)
    older = (ages - (AGE_FROM + AGE_TO) / 2) / (AGE_TO - AGE_FROM)
    dearer = (np.arange(len(PRICE_BANDS)) - (len(PRICE_BANDS) - 1) / 2) / len(PRICE_BANDS)
    scale = _PRICE_OF_AGE / (older.std() * dearer.std())
    category = np.repeat(mixed / in_category.sum(axis=1), N_BANDS, axis=0)
    segment_price = np.repeat(of_price[:, price], N_BANDS, axis=0)
    age_price = np.tile(scale * older[:, None] * dearer[price], (len(SEGMENTS), 1))
    raw = category + segment_price + age_price  # (n_groups, n_items)
    spread = float(raw.std()) or 1.0
    brought = {
        "segment": category + segment_price,
        "age": age_price,
        "city": np.zeros(1),
        "category": category,
        "price_band": segment_price + age_price,
        "colour": np.zeros(1),
        "weight": np.zeros(1),
    }
    return (raw - raw.mean()) / spread, {name: float(part.std()) / spread for name, part in brought.items()}


def items_table(catalogue: Catalogue, rows: IntArray) -> pd.DataFrame:
    """What may be known of these items: `item_id`, `title`, `category` (a list), `price_band`, `colour`, `weight`."""
    first = np.array(_FIRST_WORDS.split(), dtype=object)[catalogue.words[rows, 0]]
    second = np.array(_SECOND_WORDS.split(), dtype=object)[catalogue.words[rows, 1]]
    titles = [
        f"{one} {two} {row + 1}"
        for one, two, row in zip(first, second, np.asarray(rows).tolist(), strict=True)
    ]
    categories = [
        [CATEGORIES[column] for column in np.flatnonzero(held)] for held in catalogue.in_category[rows]
    ]
    return pd.DataFrame(
        {
            ITEM: ids_of(rows),
            TITLE: titles,
            "category": categories,
            "price_band": np.array(PRICE_BANDS, dtype=object)[catalogue.price[rows]],
            "colour": np.array(COLOURS, dtype=object)[catalogue.colour[rows]],
            "weight": catalogue.weight[rows],
        }
    )
