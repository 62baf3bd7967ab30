"""Why an item is suggested, for any model without looking inside it.

Three kinds of evidence: the items of the history that carry it (leave-one-out), the attributes that it has in
common with them, and the liked items most like it. Only the first says what the model did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_values, categorical_columns
from recsys_core.i18n import _
from recsys_core.scenarios.stand_in import approximate_fold_in
from recsys_core.serving.item_weights import last_places
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

N_CARRIERS = 2
N_NEAREST = 2
N_SHARED = 3
MOST_CANDIDATES = 500
"""So many choices of a history are tried where a model scores a few items at little cost (`Scorer.slices`)."""
LEAST_CANDIDATES = 100
"""So many are tried where each trial scores the whole catalogue; in small ones as many as BLOCK_CELLS allows."""
BLOCK_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Shared:
    """A value of an attribute that the suggested item has, and how the person stands to it.

    Attributes:
        carriers: how many of the carriers have it.
        share: its share of the person's history.
        everyone: its share of everybody's interactions.
    """

    column: str
    value: str
    carriers: int
    share: float
    everyone: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence for one suggested item (rows of `data.items` throughout).

    Attributes:
        carriers: (item, fall of the score without it), the largest fall first; only falls above 0.
        shared: what it has in common with the history, the most over-represented first.
        nearest: (item, cosine) of the liked items most like it, the nearest first; only above 0.
        approximate: the scores were those of similar users, as the model knows users by their id alone.
        elsewhere: the score was made by another system, which is not here to be asked.
    """

    item: int
    carriers: tuple[tuple[int, float], ...]
    shared: tuple[Shared, ...]
    nearest: tuple[tuple[int, float], ...]
    approximate: bool = False
    elsewhere: bool = False


@dataclass(frozen=True)
class Tags:
    """Attribute values of items: a binary matrix (n_items, n_tags), each tag's (column, value), shares of everyone."""

    matrix: csr_matrix
    names: list[tuple[str, str]]
    everyone: FloatArray


def tags_of(data: Dataset, seen: csr_matrix) -> Tags:
    """The tags of all grouping attributes; `everyone` (n_tags,) is the share of interactions with each."""
    parts = [
        attribute_values(data.items[column], is_list=column in data.list_columns)
        .rename("value")
        .rename_axis("row")
        .reset_index()
        .assign(column=column)
        for column in categorical_columns(data)
    ]
    if not parts:
        return Tags(csr_matrix((data.n_items, 0)), [], np.zeros(0))
    long = pd.concat(parts, ignore_index=True).drop_duplicates()
    codes, names = pd.factorize(pd.MultiIndex.from_frame(long[["column", "value"]]))
    cells = (np.ones(len(long)), (long["row"].to_numpy(), codes))
    matrix = csr_matrix(cells, shape=(data.n_items, len(names)))
    support = seen.getnnz(axis=0)
    return Tags(matrix, [(str(a), str(b)) for a, b in names], (support @ matrix) / max(1, support.sum()))


def explain(
    serving: Serving,
    history: IntArray,
    items: IntArray,
    *,
    values: FloatArray | None = None,
    attributes: pd.DataFrame | None = None,
) -> list[Explanation]:
    """One explanation an item: history rows (h,), oldest first, item rows (n,), values (h,) as given, if any.

    A model that knows users by their id alone is asked through users like this one (`approximate`). One that is
    not personal, or whose scores were made elsewhere, has no carriers. Of a long history only some items are tried as
    carriers (`falls`). Without values all is liked.

    Args:
        attributes: what is known of the person, one row, for models that read it.
    """
    history, items = np.asarray(history, dtype=np.int64), np.asarray(items, dtype=np.int64)
    if not len(items):
        return []
    serving = serving.explaining
    near = _likeness(serving, history, items)
    places, drops = falls(serving, history, items, values=values, near=near, attributes=attributes)
    liked = last_places(np.array([0, len(history)]), history)
    if values is not None:
        liked = liked[np.asarray(values)[liked] >= serving.data.liked_threshold]
    can = serving.scorer.can
    approximate = not can.new_users and not can.fixed
    tags, found = serving.tags, []
    share = np.bincount(tags.matrix[history].indices, minlength=len(tags.names)) / max(1, len(history))
    for place, item in enumerate(items):
        carriers = _largest(history[places], drops[:, place], N_CARRIERS)
        nearest = _largest(history[liked], near[liked, place], N_NEAREST)
        shared = _shared(tags, int(item), share, [row for row, _fall in carriers])
        found.append(Explanation(int(item), carriers, shared, nearest, approximate, can.fixed))
    return found


def falls(
    serving: Serving,
    history: IntArray,
    items: IntArray,
    *,
    values: FloatArray | None = None,
    near: FloatArray | None = None,
    attributes: pd.DataFrame | None = None,
) -> tuple[IntArray, FloatArray]:
    """Places of the history that were left out (c,), and by how much each item's score fell then (c, n).

    An item that was chosen several times is left out as a whole; the place is its last. The others keep their
    order, so that a model which reads order answers what it would have said had this never been chosen; where it
    reads only so many last items (`Scorer.reads`), only they are tried. Of more than `most_candidates` the newest
    half is tried, and of the others those most like the suggested items.

    Falls are compared within one item only, so the scale of a model's scores does not matter.
    """
    serving = serving.explaining
    places = last_places(np.array([0, len(history)]), history)
    can = serving.scorer.can
    if not can.personal or can.fixed or len(places) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros((0, len(items)))
    if serving.scorer.reads is not None:
        places = places[-serving.scorer.reads :]
    most = most_candidates(serving)
    if len(places) > most:
        near = _likeness(serving, history, items) if near is None else near
        newest = places[-(most // 2) :]
        older = places[: -(most // 2)]
        alike = np.argsort(-near[older].max(axis=1), kind="stable")[: most - len(newest)]
        places = np.sort(np.concatenate([older[alike], newest]))
    kept = [np.ones(len(history), dtype=bool), *(history != history[place] for place in places)]
    histories = [history[rest] for rest in kept]
    if not serving.scorer.can.new_users:
        scores = approximate_fold_in(serving, histories, items)
    else:
        given = None if values is None else [np.asarray(values)[rest] for rest in kept]
        known = None if attributes is None else attributes.iloc[np.zeros(len(kept), dtype=np.int64)]
        scores = serving.scorer.fold_in_items(histories, given, known, items)
    return places, scores[:1] - scores[1:]


def most_candidates(serving: Serving) -> int:
    """How many choices of one history are tried as carriers."""
    if serving.scorer.slices or not serving.scorer.can.new_users:
        return MOST_CANDIDATES
    return max(LEAST_CANDIDATES, min(MOST_CANDIDATES, BLOCK_CELLS // serving.data.n_items))


def _likeness(serving: Serving, history: IntArray, items: IntArray) -> FloatArray:
    vectors, _name = serving.likeness
    cosines: FloatArray = vectors[history] @ vectors[items].T
    return cosines


def _largest(rows: IntArray, amounts: FloatArray, n: int) -> tuple[tuple[int, float], ...]:
    best = np.argsort(-amounts, kind="stable")[:n]
    return tuple((int(rows[place]), float(amounts[place])) for place in best if amounts[place] > 0)


def _shared(tags: Tags, item: int, shares: FloatArray, carriers: list[int]) -> tuple[Shared, ...]:
    """The item's tags that the person chose more than others do, or that a carrier has; `shares` of the history."""
    own = _tags_of_row(tags, item)
    if not len(own) or not shares.any():
        return ()
    share = shares[own]
    carried = np.sum([np.isin(own, _tags_of_row(tags, one)) for one in carriers], axis=0) * np.ones(len(own))
    more = share - tags.everyone[own]
    found = [
        Shared(
            column=tags.names[own[at]][0],
            value=tags.names[own[at]][1],
            carriers=int(carried[at]),
            share=float(share[at]),
            everyone=float(tags.everyone[own[at]]),
        )
        for at in np.argsort(-more, kind="stable")
        if more[at] > 0 or carried[at]
    ]
    return tuple(found[:N_SHARED])


def _tags_of_row(tags: Tags, row: int) -> IntArray:
    start, end = tags.matrix.indptr[row : row + 2]
    return np.asarray(tags.matrix.indices[start:end])


def sentence(explanation: Explanation, data: Dataset) -> str:
    """One sentence in plain words; titles and values are data, which a page must escape."""
    titles = data.items[TITLE]
    words = data.words
    often = next((one.value for one in explanation.shared if one.share > one.everyone), None)
    rows = [row for row, _amount in explanation.carriers or explanation.nearest]
    named = _(" and ").join(str(titles.iloc[row]) for row in rows)
    if explanation.carriers and often:
        text = _("because this {user} {verb} {titles}, and often {verb} {value}")
    elif explanation.carriers:
        text = _("because this {user} {verb} {titles}")
    elif explanation.elsewhere:
        text = (
            _("made elsewhere; of what this {user} liked, most like {titles}")
            if rows
            else _("made elsewhere")
        )
    elif rows:
        text = _("no single choice carries it; it is most like {titles}")
    elif often:
        text = _("no single choice carries it; this {user} often {verb} {value}")
    else:
        text = _("nothing in the history carries it")
    said = text.format(user=words.user, verb=words.verb, titles=named, value=often)
    return _("{reason} (approximate)").format(reason=said) if explanation.approximate else said
