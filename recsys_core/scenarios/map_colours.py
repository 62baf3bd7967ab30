"""What a map is coloured by, and whether points of a colour lie together: judged among neighbours of the full space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import COUNTS, ITEM, NUMBERS, OTHER, TITLE, USER, VALUES
from recsys_core.data.dataset import Words
from recsys_core.data.features import MAX_CATEGORIES, attribute_values, categorical_columns
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import N_, _
from recsys_core.scenarios.embedding_map import ITEMS, EmbeddingMap
from recsys_core.scenarios.lists import Serving
from recsys_core.types import FloatArray, IntArray

POPULARITY, FAVOURITE = "popularity", "favourite"
ATTRIBUTE = "attribute."
"""Before the name of an attribute, so that one called 'popularity' is none of ours."""
MOST_VALUES = 6
RARE = 0.02
"""Of several values an item is coloured by its least common one, of those that more than this share have."""
SHUFFLES, SEED = 60, 0


@dataclass(frozen=True, slots=True)
class Colouring:
    """One way to colour a map.

    Attributes:
        name: in the address.
        title: on screen.
        kind: VALUES, NUMBERS or COUNTS.
        column: the attribute; '' for what is counted.
    """

    name: str
    title: str
    kind: str
    column: str = ""


@dataclass(frozen=True)
class Together:
    """Whether neighbours are alike.

    Attributes:
        seen: VALUES: of the nearest, how many share the value; else how far they are apart, on average.
        chance: the same where colours are dealt out at random.
        certain: whether no random deal of many came as near.
    """

    seen: float
    chance: float
    certain: bool


def colourings(serving: Serving, of: str) -> list[Colouring]:
    """What items or users can be coloured by: attributes that group first, then numbers, then how often chosen."""
    data = serving.data
    if of == ITEMS:
        grouping = categorical_columns(data)
        table, names = data.items, data.item_attributes
    else:
        table, names = data.users, data.user_attributes
        grouping = [
            one
            for one in names
            if not pd.api.types.is_numeric_dtype(table[one]) and 1 < table[one].nunique() <= MAX_CATEGORIES
        ]
    found = [Colouring(ATTRIBUTE + one, one, VALUES, one) for one in grouping]
    if of != ITEMS and len(serving.studio.kinds.names) > 1:
        title = _("favourite {attribute}").format(attribute=serving.studio.kinds.attribute or _("kind"))
        found.insert(0, Colouring(FAVOURITE, title, VALUES))
    found += [
        Colouring(ATTRIBUTE + one, one, NUMBERS, one)
        for one in names
        if pd.api.types.is_numeric_dtype(table[one]) and table[one].nunique() > 1
    ]
    counted = _("popularity") if of == ITEMS else _("activity")
    return [*found, Colouring(POPULARITY, counted, COUNTS)]


def points_table(serving: Serving, found: EmbeddingMap, colouring: Colouring) -> pd.DataFrame:
    """One row a point: `id`, `title`, `x`, `y`, `colour`, `alike`, `about` (attributes as text), `chosen` (how often).

    `colour` is text for VALUES ('' for a value too rare for a colour of its own), else a number, NaN for unknown;
    `alike` is the share of a point's nearest that have its colour, NaN where colours are numbers.
    """
    data, rows = serving.data, found.rows
    table = (data.items if found.of == ITEMS else data.users).iloc[rows].reset_index(drop=True)
    ids = table[ITEM if found.of == ITEMS else USER].astype("str")
    titles = table[TITLE] if found.of == ITEMS else ids
    names = data.item_attributes if found.of == ITEMS else data.user_attributes
    chosen = serving.popularity if found.of == ITEMS else serving.people.activity
    colours = colours_of(serving, found, colouring)
    same = (colours[found.near] == colours[:, None]).mean(axis=1)
    return pd.DataFrame(
        {
            "id": ids.to_numpy(),
            "title": titles.astype("str").to_numpy(),
            "x": found.places[:, 0].astype(np.float64),
            "y": found.places[:, 1].astype(np.float64),
            "colour": colours,
            "alike": same if colouring.kind == VALUES else np.nan,
            "about": _about(table, names),
            "chosen": chosen[rows].astype(np.int64),
        }
    )


def colours_of(serving: Serving, found: EmbeddingMap, colouring: Colouring) -> np.ndarray:
    """What each point is coloured by, (n,): text, the rare ones as '', or numbers."""
    if colouring.kind != VALUES:
        return _numbers(serving, found, colouring)
    main = main_values(serving, found, colouring)
    common = main[main != OTHER].value_counts().index[:MOST_VALUES]
    return main.where(main.isin(common), OTHER).to_numpy(dtype=object)


def main_values(serving: Serving, found: EmbeddingMap, colouring: Colouring) -> pd.Series:
    """The one value that stands for each point, '' where nothing is known; a text a point.

    Of several values it is the least common one of those that are not rare: 'drama' says less than 'western'.
    """
    data = serving.data
    if colouring.name == FAVOURITE:
        kinds = serving.studio.kinds
        taste = serving.studio.taste(serving.seen[found.rows])
        lift = taste - taste.mean(axis=0)
        names = np.array(kinds.names, dtype=object)[lift.argmax(axis=1)]
        return pd.Series(np.where(taste.sum(axis=1) > 0, names, OTHER))
    if found.of != ITEMS:
        column = data.users[colouring.column].iloc[found.rows].reset_index(drop=True)
        return column.astype("str").where(column.notna(), OTHER)
    column = data.items[colouring.column].iloc[found.rows].reset_index(drop=True)
    values = attribute_values(column, is_list=colouring.column in data.list_columns)
    share = values.value_counts() / len(column)
    rank = share.where(share > RARE, 2.0 - share)  # rare ones behind all others
    ordered = pd.DataFrame({"value": values, "rank": values.map(rank)}).rename_axis("point").reset_index()
    first = (
        ordered.sort_values(["point", "rank", "value"]).drop_duplicates("point").set_index("point")["value"]
    )
    return first.reindex(range(len(column)), fill_value=OTHER)


def _numbers(serving: Serving, found: EmbeddingMap, colouring: Colouring) -> FloatArray:
    if colouring.kind == COUNTS:
        counted = serving.popularity if found.of == ITEMS else serving.people.activity
        return np.asarray(counted[found.rows], dtype=np.float64)
    table = serving.data.items if found.of == ITEMS else serving.data.users
    return table[colouring.column].iloc[found.rows].to_numpy(dtype=np.float64, na_value=np.nan)


def _about(table: pd.DataFrame, names: list[str]) -> list[str]:
    """Attributes of each row as one text: lists opened, missing left out."""
    texts = np.full(len(table), "", dtype=object)
    for name in names:
        cells = [_cell(one) for one in table[name]]
        texts = np.array(
            [
                f"{text} · {cell}" if text and cell else text or cell
                for text, cell in zip(texts, cells, strict=True)
            ],
            dtype=object,
        )
    return texts.tolist()


def _cell(cell: object) -> str:
    if isinstance(cell, (list, tuple, np.ndarray)):
        return ", ".join(map(str, cell))
    if cell is None or pd.isna(cell):  # type: ignore[call-overload]
        return ""
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def together(serving: Serving, found: EmbeddingMap, colouring: Colouring) -> Together | None:
    """Whether points near each other in the full space are alike; None where too little is known of them."""
    codes: np.ndarray
    if colouring.kind == VALUES:
        codes = pd.factorize(main_values(serving, found, colouring).replace(OTHER, None))[0]
        known = codes >= 0
    else:
        codes = _numbers(serving, found, colouring)
        codes = np.log10(np.maximum(codes, 1.0)) if colouring.kind == COUNTS else codes
        known = np.isfinite(codes)
    alike = _shared if colouring.kind == VALUES else _apart
    if known.sum() < 2:
        return None
    seen = alike(codes, found.near, known)
    rng, places = np.random.default_rng(SEED), np.flatnonzero(known)
    dealt = []
    for _deal in range(SHUFFLES):
        mixed = codes.copy()
        mixed[places] = codes[rng.permutation(places)]
        dealt.append(alike(mixed, found.near, known))
    certain = seen > max(dealt) if colouring.kind == VALUES else seen < min(dealt)
    return Together(seen, float(np.mean(dealt)), certain)


def _shared(codes: np.ndarray, near: IntArray, known: np.ndarray) -> float:
    """Of each known point's nearest, how many have its code, the mean over points."""
    return float((codes[near] == codes[:, None])[known].sum(axis=1).mean())


def _apart(values: np.ndarray, near: IntArray, known: np.ndarray) -> float:
    """How far each known point is from its nearest that are known, the mean over pairs."""
    pairs = known[:, None] & known[near]
    gaps = np.abs(values[near] - values[:, None])[pairs]
    return float(gaps.mean()) if len(gaps) else 0.0


SAID = {
    (VALUES, True): N_(
        "{these} alike in {attribute} lie near each other: of the {n} nearest to each {one}, {seen} have the same; "
        "{chance} would by chance."
    ),
    (VALUES, False): N_(
        "{attribute}: no sign of it in who lies near whom. Of the {n} nearest to each {one}, {seen} have the same; {chance} "
        "would by chance."
    ),
    (NUMBERS, True): N_(
        "{these} near each other are alike in {attribute}: {seen} apart from the {n} nearest, on average; {chance} would be "
        "chance."
    ),
    (NUMBERS, False): N_(
        "{attribute}: no sign of it in who lies near whom, {seen} apart from the {n} nearest, on average; {chance} would be "
        "chance."
    ),
    (COUNTS, True): N_(
        "{these} near each other are alike in {attribute}: they and their {n} nearest differ by a factor of {seen}; {chance} "
        "would be chance."
    ),
    (COUNTS, False): N_(
        "{attribute}: no sign of it in who lies near whom, {these} and their {n} nearest differ by a factor of {seen}; "
        "{chance} would be chance."
    ),
}


def sentence(judged: Together | None, found: EmbeddingMap, colouring: Colouring, words: Words) -> str:
    """What the colours say about the embedding, in words; '' where nothing is known."""
    if judged is None:
        return ""
    one, these = (words.item, words.items) if found.of == ITEMS else (words.user, words.users)
    seen, chance = judged.seen, judged.chance
    if colouring.kind == COUNTS:
        seen, chance = 10**seen, 10**chance
    text = _(SAID[colouring.kind, judged.certain]).format(
        these=these.capitalize(),
        one=one,
        attribute=colouring.title,
        n=found.near.shape[1],
        seen=f"{seen:.1f}" if colouring.kind != NUMBERS else number(seen),
        chance=f"{chance:.1f}" if colouring.kind != NUMBERS else number(chance),
    )
    return text[:1].upper() + text[1:]
