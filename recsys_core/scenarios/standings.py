"""The leaderboard's cells: each run's figures with what they cover, and the paired verdict against a reference."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Words
from recsys_core.evaluation.meanings import better, title
from recsys_core.evaluation.significance import (
    BETTER,
    LEAST_SEEDS,
    TIE,
    WORSE,
    Difference,
    corrected,
    drawn_test,
    paired_tests,
    seed_error,
    with_seeds,
)
from recsys_core.i18n import _
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Row
from recsys_core.types import FloatArray


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one run.

    Attributes:
        low, high: 95 % interval over users; NaN where there is none.
        seeds: standard deviation over trainings of the same configuration with other seeds; 0 below LEAST_SEEDS.
        n_seeds: how many such trainings stand on the leaderboard, this one among them.
        against: the difference from the reference; None for the reference itself and where it cannot be told.
        verdict: BETTER, WORSE or TIE in the figure's better direction; '' without `against`.
    """

    value: float
    low: float
    high: float
    seeds: float
    n_seeds: int
    against: Difference | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Standing:
    """One run's line on the leaderboard: its cells by figure."""

    row: Row
    cells: dict[str, Cell]


def siblings(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Run id -> the runs that differ from it in the seed alone, itself among them."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_recipe(row)].append(row)
    return {row.run.id: group for group in groups.values() for row in group}


def _recipe(row: Row) -> str:
    """Everything that decides a run's figures but its seed."""
    ignored = {"actor", "name", "created", "seed"}
    known = {key: value for key, value in asdict(row.config).items() if key not in ignored}
    return json.dumps(known, sort_keys=True, default=str)


def standings(
    rows: Sequence[Row], metrics: Sequence[str], reference: Row | None, judged: dict[str, Judged]
) -> list[Standing]:
    """Every run's cells; verdicts are paired and corrected by Holm over all that are told here.

    Args:
        rows: runs of one arena; metrics: the figures that are shown.
        judged: the runs' tables by run id.
    """
    family = siblings(rows)
    spreads = {
        (row.run.id, metric): _spread(family[row.run.id], metric) for row in rows for metric in metrics
    }
    found = {} if reference is None else _differences(rows, metrics, reference, judged, spreads)
    cells: dict[str, dict[str, Cell]] = {row.run.id: {} for row in rows}
    for row in rows:
        for metric in metrics:
            if metric in row.metrics:
                low, high = row.ci.get(metric, [np.nan, np.nan])
                against = found.get((row.run.id, metric))
                cells[row.run.id][metric] = Cell(
                    value=row.metrics[metric],
                    low=low,
                    high=high,
                    seeds=spreads[row.run.id, metric][0],
                    n_seeds=len({one.config.seed for one in family[row.run.id]}),
                    against=against,
                    verdict="" if against is None else against.verdict(better(metric)),
                )
    return [Standing(row, cells[row.run.id]) for row in rows]


def _spread(family: list[Row], metric: str) -> tuple[float, int]:
    """`seed_error` over the family's distinct seeds."""
    values = {row.config.seed: row.metrics.get(metric, np.nan) for row in family}
    return seed_error(list(values.values()))


def _differences(
    rows: Sequence[Row],
    metrics: Sequence[str],
    reference: Row,
    judged: dict[str, Judged],
    spreads: dict[tuple[str, str], tuple[float, int]],
) -> dict[tuple[str, str], Difference]:
    """(run id, figure) -> the corrected difference from the reference, of every other run that has the figure."""
    keys = [
        (row.run.id, metric)
        for row in rows
        for metric in metrics
        if row is not reference and metric in row.metrics and metric in reference.metrics
    ]
    theirs = judged[reference.run.id]
    mean_of = [key for key in keys if key[1] in theirs.users and key[1] in judged[key[0]].users]
    found: dict[tuple[str, str], Difference] = {}
    if mean_of:
        changes = np.column_stack([_changes(judged[run], theirs, metric) for run, metric in mean_of])
        found.update(zip(mean_of, paired_tests(changes), strict=True))
    values = {row.run.id: row.metrics for row in rows}
    for run, metric in keys:
        ours = judged[run]
        if (run, metric) not in found and metric in ours.draws and metric in theirs.draws:
            gap = values[run][metric] - reference.metrics[metric]
            found[run, metric] = _drawn(ours, theirs, metric, gap)
    n = len(theirs.users)
    widened = {
        (run, metric): with_seeds(one, n, spreads[run, metric], spreads[reference.run.id, metric])
        for (run, metric), one in found.items()
    }
    return dict(zip(widened, corrected(list(widened.values())), strict=True))


def _changes(ours: Judged, theirs: Judged, metric: str) -> FloatArray:
    """Ours minus theirs for each user of the reference, (n,); NaN for users who are judged in one run only."""
    wanted, known = theirs.judged, ours.judged
    values = ours.users[metric].to_numpy(np.float64)
    if not np.array_equal(wanted, known):
        values = pd.Series(values, index=known).reindex(wanted).to_numpy()
    return np.asarray(values - theirs.users[metric].to_numpy(np.float64))


def _drawn(ours: Judged, theirs: Judged, metric: str, gap: float) -> Difference:
    """The difference of a figure of all users together; where the users differ the draws are not paired."""
    return drawn_test(ours.draws[metric].to_numpy(), theirs.draws[metric].to_numpy(), gap)


def summary(found: Sequence[Standing], metric: str, reference: Row, words: Words) -> str:
    """How the runs stand against the reference in one figure, in a sentence."""
    told = [one.cells[metric].verdict for one in found if metric in one.cells]
    counts = {verdict: told.count(verdict) for verdict in (BETTER, TIE, WORSE)}
    if not sum(counts.values()):
        return ""
    return _(
        "Against {reference} in {figure}, for the same {users}: {better} better, {tie} tied, {worse} worse."
    ).format(reference=reference.label, figure=title(metric), users=words.users, **counts)


def covers(found: Sequence[Standing], words: Words) -> str:
    """What the intervals and verdicts cover, in words."""
    text = _(
        "± is half of a 95 % bootstrap interval over {users}: how the figure would move with other {users}, not with another "
        "training. A verdict is a paired test on the same {users} with Holm's correction over all that are shown; '≈' says "
        "that these {users} cannot tell the two apart."
    ).format(users=words.users)
    if any(cell.seeds for one in found for cell in one.cells.values()):
        text += " " + _(
            "Where a configuration was trained with {n} seeds or more, 'seeds' is the spread from one training to another, and "
            "verdicts about it include that."
        ).format(n=LEAST_SEEDS)
    return text


def as_csv_table(found: Sequence[Standing], metrics: Sequence[str], reference: Row | None) -> pd.DataFrame:
    """Every cell in numbers, a line a run: value, interval, seeds, difference, p-values, verdict; then the costs."""
    lines = []
    for one in found:
        row = one.row
        line: dict[str, object] = {
            "run": row.run.id,
            "name": row.title,
            "model": row.config.model,
            "seed": row.config.seed,
        }
        for metric in metrics:
            cell = one.cells.get(metric)
            if cell is None:
                continue
            line |= {metric: cell.value, f"{metric}_low": cell.low, f"{metric}_high": cell.high}
            line[f"{metric}_seeds_sd"] = cell.seeds if cell.seeds else None
            if cell.against is not None:
                line |= {
                    f"{metric}_difference": cell.against.mean,
                    f"{metric}_p": cell.against.p,
                    f"{metric}_p_holm": cell.against.adjusted,
                    f"{metric}_verdict": cell.verdict,
                }
        lines.append(line | {"reference": "" if reference is None else reference.run.id, **costs(row)})
    return pd.DataFrame(lines)


def costs(row: Row) -> dict[str, float]:
    """What a run took: seconds of training and of judging, memory and size of the model in MB."""
    seconds = row.run.status.get("seconds", {})
    folder = row.run.folder / "model"
    size = sum(path.stat().st_size for path in folder.glob("*") if path.suffix in {".npz", ".onnx"})
    return {
        "fit_seconds": round(float(seconds.get("fit", 0.0)), 3),
        "judge_seconds": round(float(seconds.get("evaluate", 0.0)), 3),
        "memory_mb": round(row.peak_rss_mb),
        "model_mb": round(size / 1e6, 2),
    }
