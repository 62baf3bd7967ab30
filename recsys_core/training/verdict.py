"""What the curves of a training say, in words, and which dial to turn next. A pure function of the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core.i18n import _
from recsys_core.params import ParamSpec
from recsys_core.training.curves import best_epoch, direction, watched_metric, watched_rows
from recsys_core.training.dials import Dial, to_go_on, to_hold_back, to_learn_longer, to_step_shorter
from recsys_core.types import FloatArray

Word = Literal["too-few", "learning", "converged", "over-fitting", "diverged"]
NOISE = 2.5
"""A change counts when it is more than so many standard deviations of the noise between neighbours."""
WORTH = 0.02
"""...and more than this share of all that the figure has gained."""
LARGEST = 1e30
"""A loss or figure beyond this is no number that says anything."""
BLOWN_UP, ADRIFT = 1.5, 1.2
"""A loss that ends so many times as high as it began has left the rails; so has one whose later half stands so high."""
FEW, IN_A_ROW = 8, 3
"""Of fewer measurements than 8 the noise is unknown; there three, one below the other from the best on, are no accident."""
STILL = 0.05
"""...and over the last half of the epochs more than this share, or it is at its end."""
LATE = 0.75
"""A best epoch after this share of the epochs is a figure that may still have been rising."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the curves say.

    Attributes:
        word: the case.
        sentence: the case in words, and the dial to turn.
        reason: what in the figures says so.
        dial: the parameter to turn and a value for it; None where nothing is to be gained by turning one.
        since: the epoch from which it holds; None where there is none to name.
    """

    word: Word
    sentence: str
    reason: str
    dial: Dial | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """The figures of a curve, as far as they are needed.

    Attributes:
        epochs, loss: of every watched epoch, shape (n,).
        places: epochs at which the validation figure was measured; gains: the figure, higher is better, shape (m,).
        name: what that figure is called.
        best: the epoch with the best of it.
    """

    epochs: FloatArray
    loss: FloatArray
    places: FloatArray
    gains: FloatArray
    name: str
    best: int

    @property
    def noise(self) -> float:
        """Standard deviation of the noise of the validation figure: what second differences leave of a smooth curve."""
        return noise_of(self.gains)

    @property
    def span(self) -> float:
        """What the figure gained from its worst to its best."""
        return float(self.gains.max() - self.gains.min()) if len(self.gains) else 0.0

    @property
    def threshold(self) -> float:
        """A change below this says nothing."""
        return max(NOISE * self.noise, WORTH * self.span, 1e-12)


def verdict(
    curve: pd.DataFrame,
    specs: Sequence[ParamSpec],
    settings: Mapping[str, Any],
    *,
    stopped: bool = False,
) -> Verdict | None:
    """What the epochs of a run say; None where there is no epoch (it learns at once, or has not begun).

    Args:
        curve: as `Run.curve` gives it; only epochs that were watched on validation rows count, where there are any.
        specs, settings: the parameters of its model and how they stood: they name the dial to turn.
        stopped: a person ended it early, which the sentence then says.
    """
    seen = _seen(curve)
    if seen is None:
        return None
    found = (
        _diverged(seen, specs, settings)
        or _too_few(seen, specs, settings)
        or _over_fitting(seen, specs, settings)
        or _learning(seen, specs, settings, stopped=stopped)
        or _converged(seen, specs, settings)
    )
    if not stopped:
        return found
    sentence = _("Stopped early by you, at epoch {n}. {rest}").format(
        n=int(seen.epochs[-1]), rest=found.sentence
    )
    return Verdict(found.word, sentence, found.reason, found.dial, found.since)


def noise_of(values: FloatArray) -> float:
    """The noise of a series round whatever smooth curve it follows: shape (n,) -> a standard deviation.

    Second differences of a smooth curve are small, those of noise have six times its variance; the median is blind to
    a few jumps. 0 for fewer than four values.
    """
    if len(values) < 4:
        return 0.0
    return float(np.median(np.abs(np.diff(values, 2))) / 0.6745 / np.sqrt(6.0))


def _seen(curve: pd.DataFrame) -> _Seen | None:
    rows = watched_rows(curve)
    if rows.empty:
        return None
    name = watched_metric(rows)
    column = f"valid_{name}" if name else "loss"
    figures = rows[["epoch", column]].astype(float)
    measured = figures[figures[column].abs() < LARGEST]
    loss = rows["loss"].to_numpy(dtype=float)
    return _Seen(
        rows["epoch"].to_numpy(float),
        np.where(np.abs(loss) < LARGEST, loss, np.nan),
        measured["epoch"].to_numpy(),
        measured[column].to_numpy() * (direction(name) if name else -1),
        name or "loss",
        best_epoch(rows) or int(rows["epoch"].iloc[-1]),
    )


def _diverged(seen: _Seen, specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Verdict | None:
    """The loss is no number any more, or stands far above where it began."""
    dial = to_step_shorter(specs, settings)
    broken = np.flatnonzero(~np.isfinite(seen.loss))
    start = seen.loss[0]
    if len(broken):
        since = int(seen.epochs[broken[0]])
        reason = _("The training loss is no number from epoch {n} on.").format(n=since)
    elif start > 0 and _left_the_rails(seen.loss, start):
        since = int(seen.epochs[np.flatnonzero(seen.loss > ADRIFT * start)[0]])
        reason = _("The training loss stands at {now:.3g}; it began at {start:.3g}.").format(
            now=seen.loss[-1], start=start
        )
    elif _fell_to_the_worst(seen):
        since = int(seen.places[int(np.argmax(seen.gains)) + 1])
        reason = _(
            "The figure on validation rows was best at the very start, and the training loss rises with it."
        )
    else:
        return None
    sentence = _("Diverged from epoch {n} on: the steps are too big. {dial}").format(n=since, dial=dial)
    return Verdict("diverged", sentence.strip(), reason, dial, since)


def _left_the_rails(loss: FloatArray, start: float) -> bool:
    """Whether the loss has blown up from where it began, or wanders far above. A product: a quotient may overflow."""
    later = loss[len(loss) // 2 :]
    return len(loss) > 1 and bool(
        min(loss[-2:]) > BLOWN_UP * start or (len(loss) > 3 and float(np.median(later)) > ADRIFT * start)
    )


def _fell_to_the_worst(seen: _Seen) -> bool:
    """Both figures only ever got worse: every step overshoots."""
    if len(seen.gains) < 3 or len(seen.loss) < 3:
        return False
    rising = seen.loss[-1] > seen.loss[0] + NOISE * noise_of(seen.loss)
    return bool(
        rising and int(np.argmax(seen.gains)) == 0 and seen.gains[0] - seen.gains[-1] > seen.threshold
    )


def _too_few(seen: _Seen, specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Verdict | None:
    """One epoch has no direction."""
    if len(seen.loss) > 1:
        return None
    dial = to_learn_longer(specs, settings, most=int(seen.epochs[-1]))
    sentence = _("Too few epochs to say: a curve needs at least two. {dial}").format(dial=dial)
    return Verdict("too-few", sentence.strip(), _("There is one epoch."), dial)


def _over_fitting(seen: _Seen, specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Verdict | None:
    """The figure on validation rows has fallen from its best, while the loss on training rows goes on falling."""
    if len(seen.gains) < 3 or seen.name == "loss":
        return None
    at = _peak(seen.gains)
    after = seen.gains[at + 1 :]
    if len(after) < 2:
        return None
    round_it = seen.gains[max(0, at - 2) : at + 3]
    top = float(np.median(round_it)) if at else seen.gains[0]  # a peak in the middle may be luck
    lost = top - float(np.median(after[-max(2, len(after) // 2) :]))
    peak = int(seen.places[at])
    falls = seen.loss[-1] < seen.loss[seen.epochs >= peak][0]
    orderly = len(after) >= IN_A_ROW and bool(np.all(np.diff(seen.gains[at:]) < 0))
    if orderly and len(seen.gains) < FEW:
        lost, threshold = float(seen.gains[at] - after[-1]), WORTH * seen.span
    else:
        threshold = seen.threshold
    if lost <= threshold or not falls:
        return None
    since, dial = peak + 1, to_hold_back(specs, settings)
    reason = _(
        "On validation rows {metric} was best at epoch {best}, and is worse by {lost:.2g} since; the training loss still falls."
    ).format(metric=_called(seen.name), best=seen.best, lost=lost)
    sentence = _("Over-fitting since epoch {n}: it learns the training rows by heart. {dial}").format(
        n=since, dial=dial
    )
    return Verdict("over-fitting", sentence.strip(), reason, dial, since)


def _learning(
    seen: _Seen, specs: Sequence[ParamSpec], settings: Mapping[str, Any], *, stopped: bool
) -> Verdict | None:
    """The figure on validation rows was still getting better when the epochs were at an end."""
    n_epochs = int(seen.epochs[-1])
    values = seen.gains if len(seen.gains) > 1 else -seen.loss
    late = seen.best >= LATE * n_epochs or len(seen.gains) < 2
    gained = _gained(values[-max(2, len(values) // 2) :])
    if not late or gained <= max(seen.threshold, STILL * seen.span):
        return None
    dial = to_learn_longer(specs, settings, most=n_epochs, best=n_epochs if stopped else seen.best)
    reason = _("Over the last half of the epochs {metric} still got better by {gained:.2g}.").format(
        metric=_called(seen.name), gained=gained
    )
    if dial is not None and dial.name == "patience":
        sentence = _("Still learning, with pauses, when early stopping ended it at epoch {n}. {dial}")
    elif stopped or dial is None or dial.name == "epochs":
        sentence = _("Still learning when it ended at epoch {n}. {dial}")
    else:
        sentence = _("Still learning, and slowly, when it ended at epoch {n}. {dial}")
    return Verdict("learning", sentence.format(n=n_epochs, dial=dial or "").strip(), reason, dial, n_epochs)


def _converged(seen: _Seen, specs: Sequence[ParamSpec], settings: Mapping[str, Any]) -> Verdict:
    """It got no better for a while, and no worse."""
    dial = to_go_on(specs, settings)
    reason = _(
        "Since epoch {best} {metric} on validation rows moves by no more than its own noise, {noise:.2g}."
    ).format(best=seen.best, metric=_called(seen.name), noise=seen.threshold)
    sentence = _("Converged by epoch {n}: more epochs would bring nothing. {dial}").format(
        n=seen.best, dial=dial or ""
    )
    return Verdict("converged", sentence.strip(), reason, dial, seen.best)


def _gained(values: FloatArray) -> float:
    """What a straight line through the values rises from first to last."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0]) * (len(values) - 1)


def _peak(values: FloatArray) -> int:
    """Where the series is highest; one lucky epoch is no peak, so medians of three neighbours decide first."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    smooth = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    first = max(0, int(np.argmax(smooth)) - 1)
    return first + int(np.argmax(values[first : first + 3]))


def _called(name: str) -> str:
    from recsys_core.evaluation.meanings import title

    return _("the loss") if name == "loss" else title(name)
