"""Figures of predicted values: one user's test rows, what they give to the sums over all, and the figure from those.

Plain arithmetic over the table of predictions: nothing of `evaluation.rating` is called here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Words
from recsys_core.i18n import _
from recsys_core.scenarios.worked import Column, Part, Step, decimal, lines, ratio, summed, whole

ERRORS = ("rmse", "mse", "mae")


@dataclass(frozen=True)
class Counts:
    """Answers to 'liked?' against what was said."""

    tp: int
    fp: int
    fn: int
    tn: int

    @classmethod
    def of(cls, rows: pd.DataFrame, liked_from: float) -> Counts:
        """Counts rows of `truth` and `predicted`."""
        liked = (rows["truth"] >= liked_from).to_numpy()
        said = (rows["predicted"] >= liked_from).to_numpy()
        pairs = list(zip(liked.tolist(), said.tolist(), strict=True))
        return cls(
            *(pairs.count(one) for one in ((True, True), (False, True), (True, False), (False, False)))
        )

    def said(self) -> str:
        """The four numbers as LaTeX."""
        names = ("TP", "FP", "FN", "TN")
        values = (self.tp, self.fp, self.fn, self.tn)
        return r", \quad ".join(f"{name} = {whole(value)}" for name, value in zip(names, values, strict=True))

    def figure(self, metric: str) -> tuple[str, float]:
        """The figure of these counts: as a fraction in LaTeX, and its value."""
        above, below = {
            "accuracy": (self.tp + self.tn, self.tp + self.fp + self.fn + self.tn),
            "liked_precision": (self.tp, self.tp + self.fp),
            "liked_recall": (self.tp, self.tp + self.fn),
            "liked_f1": (2 * self.tp, 2 * self.tp + self.fp + self.fn),
        }[metric]
        value = above / below if below else 0.0
        return (ratio(whole(above), whole(below), value) if below else "0"), value


def worked_errors(metric: str, rows: pd.DataFrame, everybody: pd.DataFrame, words: Words) -> Part:
    """A user's part in RMSE, MSE or MAE: their rows with the miss of each, and the sum that goes into the total.

    Args:
        rows: the user's `title`, `truth`, `predicted`; everybody: the same of all, without titles.
    Returns:
        A part whose value is the user's sum of squared (MAE: absolute) errors.
    """
    miss = (rows["predicted"] - rows["truth"]).to_numpy(np.float64)
    each = np.abs(miss) if metric == "mae" else miss**2
    total = math.fsum(each)
    name = _("Absolute") if metric == "mae" else _("Squared")
    columns = (
        *_predicted_columns(words),
        Column("error", _("Error"), _("Predicted less true.")),
        Column("each", name, _("The error as it is added up: without its sign, or squared.")),
    )
    table = rows.assign(error=miss, each=each)
    kind = _("absolute") if metric == "mae" else _("squared")
    share = len(rows) / len(everybody)
    steps = (
        Step(
            _("The {n} rows of this {user} have {kind} errors that add up to:").format(
                n=len(rows), user=words.user, kind=kind
            ),
            lines("S_u", summed([decimal(one) for one in each]), decimal(total)),
        ),
        Step(
            _(
                "There is no mean of {users} here: each row counts once, so this {user} holds {share:.2%} of the figure's rows."
            ).format(users=words.users, user=words.user, share=share)
        ),
    )
    return Part(table, columns, steps, total)


def errors_figure(metric: str, everybody: pd.DataFrame) -> tuple[tuple[Step, ...], float]:
    """RMSE, MSE or MAE from all rows: sums by user first, then their sum over the number of rows."""
    miss = (everybody["predicted"] - everybody["truth"]).to_numpy(np.float64)
    each = np.abs(miss) if metric == "mae" else miss**2
    sums = pd.Series(each).groupby(everybody["user"].to_numpy()).agg(["sum", "size"])
    total, n = math.fsum(sums["sum"]), int(sums["size"].sum())
    mean = total / n
    words = _("The sums of all {n} together, over all rows:").format(n=f"{len(sums):,}")
    steps = [Step(words, ratio(decimal(total), whole(n), mean))]
    if metric != "rmse":
        return tuple(steps), mean
    root = math.sqrt(mean)
    steps.append(
        Step(
            _("And its root, to be back in the unit of the values:"),
            rf"\sqrt{{{decimal(mean)}}} = {decimal(root)}",
        )
    )
    return tuple(steps), root


def worked_answers(metric: str, rows: pd.DataFrame, liked_from: float, words: Words) -> Part:
    """A user's part in the figures of 'liked or not': their rows, right or wrong, and the counts that go into the total."""
    counts = Counts.of(rows, liked_from)
    liked, said = rows["truth"] >= liked_from, rows["predicted"] >= liked_from
    names = {
        (True, True): _("liked, and said so"),
        (False, True): _("said so wrongly"),
        (True, False): _("liked, not said"),
        (False, False): _("rightly not said"),
    }
    kinds = [names[bool(one), bool(two)] for one, two in zip(liked, said, strict=True)]
    columns = (
        *_predicted_columns(words),
        Column("answer", _("Answer"), _("Which of the four counts it goes into.")),
    )
    words_said = _("A {value} of {liked:g} or more counts as liked. Of the {n} rows of this {user}:")
    steps = [
        Step(
            words_said.format(value=words.value, liked=liked_from, n=len(rows), user=words.user),
            counts.said(),
        ),
        Step(
            _(
                "There is no mean of {users} here: the four counts are added up over all of them first."
            ).format(users=words.users)
        ),
    ]
    return Part(rows.assign(answer=kinds), columns, tuple(steps))


def answers_figure(metric: str, everybody: pd.DataFrame, liked_from: float) -> tuple[tuple[Step, ...], float]:
    """Accuracy, precision, recall or F1 of 'liked' from all rows."""
    counts = Counts.of(everybody, liked_from)
    latex, value = counts.figure(metric)
    first = Step(_("Over all {n} rows:").format(n=f"{len(everybody):,}"), counts.said())
    return (first, Step(_("And the figure of these counts:"), latex)), value


def worked_auc(rows: pd.DataFrame, everybody: pd.DataFrame, liked_from: float, words: Words) -> Part:
    """A user's part in AUC: for each of their liked rows the share of all rows not liked that are predicted lower.

    The part's value is the sum of those shares.
    """
    below = _share_below(rows["predicted"].to_numpy(), everybody, liked_from)
    liked = (rows["truth"] >= liked_from).to_numpy()
    shares = np.where(liked, below, np.nan)
    total = math.fsum(below[liked])
    columns = (
        *_predicted_columns(words),
        Column(
            "below",
            _("Wins"),
            _("Share of all rows not liked, of everybody, that are predicted lower; ties count half."),
        ),
    )
    steps = (
        Step(
            _(
                "Each liked row is held against every row that was not liked, of everybody: the share that it beats, ties half."
            ),
        ),
        Step(
            _("The {n} liked rows of this {user} give:").format(n=int(liked.sum()), user=words.user),
            lines("S_u", summed([decimal(one) for one in below[liked]]), decimal(total)),
        ),
    )
    return Part(rows.assign(below=shares), columns, steps, total)


def auc_figure(everybody: pd.DataFrame, liked_from: float) -> tuple[tuple[Step, ...], float]:
    """AUC from all rows: the shares of all liked rows, over how many these are."""
    liked = (everybody["truth"] >= liked_from).to_numpy()
    shares = _share_below(everybody["predicted"].to_numpy()[liked], everybody, liked_from)
    total, n = math.fsum(shares), int(liked.sum())
    value = total / n if n else math.nan
    words = _("All {n} liked rows against all {m} others:").format(n=f"{n:,}", m=f"{len(liked) - n:,}")
    return (Step(words, ratio(decimal(total), whole(n), value)),), value


def _share_below(predicted: np.ndarray, everybody: pd.DataFrame, liked_from: float) -> np.ndarray:
    """Of all rows not liked, the share predicted lower than each of these; ties count half. Shape of `predicted`."""
    others = np.sort(everybody["predicted"].to_numpy()[(everybody["truth"] < liked_from).to_numpy()])
    lower, upto = np.searchsorted(others, predicted, "left"), np.searchsorted(others, predicted, "right")
    return np.asarray((lower + upto) / 2 / max(1, len(others)))


def _predicted_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column("title", _("Title")),
        Column("truth", words.value.capitalize(), _("What was given, in a row that was held out.")),
        Column("predicted", _("Predicted"), _("What the model says, clipped to the range of the values.")),
    )
