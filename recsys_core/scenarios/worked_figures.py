"""One figure worked through for one user, from the run's own tables to what the leaderboard shows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, TITLE, USER_ROW
from recsys_core.data.features import attribute_vectors
from recsys_core.errors import NotFound
from recsys_core.evaluation.formulas import Formula, Shape, formula, variant_of
from recsys_core.evaluation.meanings import title
from recsys_core.i18n import _
from recsys_core.scenarios import worked_rows
from recsys_core.scenarios.inspecting import Inspection
from recsys_core.scenarios.worked import Part, Step, Worked, decimal, ratio, whole
from recsys_core.scenarios.worked_hits import Found, worked_hits
from recsys_core.scenarios.worked_lists import AllLists, worked_diversity, worked_popularity


def worked(inspection: Inspection, metric: str, user: int) -> Worked:
    """The figure worked through for a user of `users`, to what the leaderboard shows.

    Raises:
        ParamError: no such metric. NotFound: the run has not this figure, or the user is not judged.
    """
    made = formula(metric)
    if metric not in inspection.metrics or user not in inspection.users:
        raise NotFound(
            what=_("there is no {metric} of this {user}").format(
                metric=title(metric), user=inspection.serving.data.words.user
            ),
            where=_("run {id}").format(id=inspection.serving.run_id),
            remedy=_("choose a figure that the run has, and somebody who was judged"),
        )
    if made.shape is Shape.ROWS:
        return _worked_rows(inspection, metric, user)
    return _worked_lists(inspection, metric, user, made)


def _worked_lists(inspection: Inspection, metric: str, user: int, made: Formula) -> Worked:
    base, data = variant_of(metric)[0], inspection.serving.data
    listed = inspection.listed(metric, user)
    shown = inspection.metrics[metric]
    if made.shape is Shape.ALL_LISTS:
        ending, figure = AllLists(inspection.shown, data.n_items).figure(base, data.items[TITLE], data.words)
        part = AllLists(inspection.shown, data.n_items).part(base, listed, data.words)
        return Worked(metric, user, part, None, ending, figure, shown)
    values = inspection.values(metric)
    assert values is not None
    stored = float(values[np.searchsorted(inspection.users, user)])
    part = _part(inspection, base, metric, user, listed)
    present = values[np.isfinite(values)]
    total = math.fsum(present)
    figure = total / len(present) if len(present) else 0.0
    words = _("The mean over all {n} {users} who have a value:").format(
        n=f"{len(present):,}", users=data.words.users
    )
    ending = (Step(words, ratio(decimal(total), whole(len(present)), figure) if len(present) else "0"),)
    return Worked(metric, user, part, None if math.isnan(stored) else stored, ending, figure, shown)


def _part(inspection: Inspection, base: str, metric: str, user: int, listed: pd.DataFrame) -> Part:
    data = inspection.serving.data
    if base == "intra_list_diversity":
        vectors, _names = attribute_vectors(data)
        assert vectors is not None
        return worked_diversity(listed, vectors, data.words)
    if formula(metric).shape is Shape.LIST:
        return worked_popularity(base, listed, inspection.serving.popularity, data.n_users, data.words)
    n_relevant = inspection.relevant(metric)[[user]].nnz
    places = tuple(int(rank) for rank in listed.loc[listed["hit"], "rank"])
    if not n_relevant:
        why = Step(
            _("Nothing could have been hit, so this {user} is not in the mean.").format(user=data.words.user)
        )
        part = worked_hits(base, Found((), inspection.k, 1), listed)
        return Part(part.table, part.columns, (why,), None)
    return worked_hits(base, Found(places, inspection.k, n_relevant), listed)


def _worked_rows(inspection: Inspection, metric: str, user: int) -> Worked:
    everybody, words = inspection.everybody, inspection.serving.data.words
    rows = everybody[everybody[USER_ROW] == user]
    rows = rows.assign(title=inspection.serving.data.items[TITLE].iloc[rows[ITEM_ROW]].to_numpy())
    stored = None
    if metric in worked_rows.ERRORS:
        part = worked_rows.worked_errors(metric, rows, everybody, words)
        column = "absolute_error" if metric == "mae" else "squared_error"
        kept = inspection.judged.users
        stored = (
            float(kept[column].to_numpy()[np.searchsorted(inspection.users, user)])
            if column in kept
            else None
        )
        ending, figure = worked_rows.errors_figure(metric, everybody)
    elif metric == "auc":
        part = worked_rows.worked_auc(rows, everybody, inspection.liked_from, words)
        ending, figure = worked_rows.auc_figure(everybody, inspection.liked_from)
    else:
        part = worked_rows.worked_answers(metric, rows, inspection.liked_from, words)
        ending, figure = worked_rows.answers_figure(metric, everybody, inspection.liked_from)
    return Worked(metric, user, part, stored, ending, figure, inspection.metrics[metric])
