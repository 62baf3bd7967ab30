"""Grid, random and Bayesian search side by side, at the same budget: the same trials' worth of each, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.evaluation.meanings import better, number, title
from recsys_core.evaluation.significance import TIE, Difference
from recsys_core.i18n import _, ngettext
from recsys_core.scenarios.searching import METHODS, best_so_far
from recsys_core.scenarios.searching_sure import against
from recsys_core.training.search_final import run_of
from recsys_core.training.study import Study
from recsys_core.training.study_config import StudyConfig

LEAST, MOST = 2, 6
LEAST_SHOWN = 0.001


@dataclass(frozen=True)
class Contest:
    """Studies of one question at the same budget.

    Attributes:
        n: trials of each that count.
        steps: `id`, `label`, `trial`, `best`: the best so far of each, up to n trials.
        finals: one row a study, in the order given: `id`, `label`, `number` (of its best trial within n), `value`, `low`,
            `high` on validation rows, `test`, `test_low`, `test_high` of its run where that trial became one, else NaN.
        difference: of the best against the second best over the same users' validation rows; None where unknown.
        sentence: who is ahead, or that nobody is.
        notes: what makes the comparison less than even.
    """

    metric: str
    n: int
    steps: pd.DataFrame
    finals: pd.DataFrame
    difference: Difference | None
    sentence: str
    notes: tuple[str, ...]


def question_of(config: StudyConfig) -> tuple[object, ...]:
    """What two studies must share for a comparison to mean anything."""
    return (
        config.fingerprint,
        config.model,
        config.metric,
        config.split,
        config.split_seed,
        config.k,
    )


def comparable(study: Study, studies: Sequence[Study]) -> list[Study]:
    """The studies of the same question, this one first."""
    mine = question_of(study.config)
    others = [one for one in studies if one.id != study.id and question_of(one.config) == mine]
    return [study, *others]


def study_label(study: Study) -> str:
    """A study as a person reads it, short and unique."""
    config = study.config
    return f"{config.name or _(METHODS[config.method][0])} · {study.id[:4]}"


def contest(studies: Sequence[Study]) -> Contest:
    """Compares studies of one question after as many trials as the shortest of them has."""
    metric = studies[0].config.metric
    lines = [(one, best_so_far(one.trials(), metric, workers=one.config.workers)) for one in studies]
    n = min((len(line) for _study, line in lines), default=0)
    cut = [(one, line.head(n)) for one, line in lines]
    steps = pd.concat(
        [
            line.assign(id=one.id, label=study_label(one))[["id", "label", "trial", "best"]].dropna()
            for one, line in cut
        ],
        ignore_index=True,
    )
    finals = pd.DataFrame([_final(one, line, metric) for one, line in cut])
    difference = _difference(studies, finals, metric)
    return Contest(
        metric=metric,
        n=n,
        steps=steps,
        finals=finals,
        difference=difference,
        sentence=_sentence(finals, metric, n, difference),
        notes=_notes([one.config for one in studies]),
    )


def _final(study: Study, line: pd.DataFrame, metric: str) -> dict[str, object]:
    """The best trial within the budget, on validation rows, and on test rows where it became a run."""
    nan = float("nan")
    row: dict[str, object] = {"id": study.id, "label": study_label(study), "number": -1}
    row |= dict.fromkeys(("value", "low", "high", "test", "test_low", "test_high"), nan)
    led = line[line["leads"]] if len(line) else line
    if led.empty:
        return row
    chosen = int(led["number"].iloc[-1])
    trial = study.trials().set_index("number").loc[chosen]
    row |= {"number": chosen, "value": trial["value"], "low": trial["low"], "high": trial["high"]}
    run = run_of(study, chosen)
    if run is not None and run.has_model:
        measured = run.measured()
        low, high = measured["ci"].get(metric, (nan, nan))
        row |= {"test": measured["metrics"].get(metric, nan), "test_low": low, "test_high": high}
    return row


def _difference(studies: Sequence[Study], finals: pd.DataFrame, metric: str) -> Difference | None:
    """Best against second best, user by user; None where one of them has no users' values."""
    there = finals[finals["value"].notna()].sort_values("value", ascending=better(metric) < 0, kind="stable")
    if len(there) < LEAST:
        return None
    folders = {one.id: one.folder for one in studies}
    tables = []
    for row in there.head(2).itertuples():
        path = folders[str(row.id)] / "trials" / f"{row.number}.parquet"
        if not path.exists():
            return None
        tables.append(pd.read_parquet(path).set_index("user")["sum"])
    if not tables[0].index.equals(tables[1].index):
        return None
    ours, theirs = (table.to_numpy(np.float64)[:, None] for table in tables)
    return against(ours, theirs)[0]


def _sentence(finals: pd.DataFrame, metric: str, n: int, difference: Difference | None) -> str:
    there = finals[finals["value"].notna()].sort_values("value", ascending=better(metric) < 0, kind="stable")
    after = ngettext("after {n} trial each", "after {n} trials each", n).format(n=n)
    if len(there) < LEAST:
        return _("Fewer than two of them have a finished trial: nothing to compare yet.")
    first, second = there.iloc[0], there.iloc[1]
    gap = abs(float(first["value"]) - float(second["value"]))
    if gap == 0.0:
        return _("A tie {after}: {first} and {second} found equally good settings.").format(
            after=after, first=first["label"], second=second["label"]
        )
    names = {
        "after": after,
        "first": first["label"],
        "second": second["label"],
        "gap": gap_words(gap),
        "metric": title(metric),
    }
    if difference is None:
        return _(
            "{first} is ahead {after}: {metric} by {gap} before {second}; whether that is more than luck is not known."
        ).format(**names)
    if difference.verdict() == TIE:
        return _(
            "A tie {after}: {first} is ahead of {second} by {gap} of {metric}, which other people could undo."
        ).format(**names)
    return _(
        "{first} found better settings {after}: {metric} by {gap} before {second}, more than chance explains."
    ).format(**names)


def gap_words(gap: float) -> str:
    """A difference as a person reads it; one that three digits do not show is said to be smaller."""
    return number(gap) if gap >= LEAST_SHOWN else _("less than {least}").format(least=number(LEAST_SHOWN))


def _notes(configs: Sequence[StudyConfig]) -> tuple[str, ...]:
    notes = [
        _(
            "One search of each is one draw: another seed may turn the order round. Compare several before you believe in "
            "a method."
        )
    ]
    if len({tuple(map(str, one.ranges)) for one in configs}) > 1:
        notes.append(_("They did not search the same ranges, so methods and ranges are compared together."))
    if len({tuple(sorted(one.fixed.items())) for one in configs}) > 1:
        notes.append(_("Their fixed settings differ."))
    return tuple(notes)
