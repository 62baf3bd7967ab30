"""The same model under every split that the data allow, with the audit of each: how kind each split is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import PART
from recsys_core.data.dataset import Dataset
from recsys_core.data.split_audit import SplitAudit, audit
from recsys_core.data.split_flags import Flag
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.intervals import Interval, mean_interval
from recsys_core.evaluation.significance import paired_test
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run, RunConfig
from recsys_core.scenarios.run_maker import AuditProgress, made_run
from recsys_core.training.jobs import DEFAULT_SPLIT, configure
from recsys_core.types import FloatArray, IntArray, Report, no_report

AUDITED = ("user-random", "last", "time", "cold-user")
"""The splits under which a model is tried, the kindest first."""
FLOOR, CHANCE = "popularity", "random"
MADE_OF_RUNS = ("blend", "reranked")
"""They need finished runs of other models on the very same split."""


@dataclass(frozen=True)
class Side:
    """NDCG@k of some judged users: the model, popularity, and the one minus the other, paired.

    Attributes:
        judged: users in the means; `rows_a_user` is what there is to be found for one of them.
        verdict: better, worse or tie: the model beside popularity.
    """

    judged: int
    rows_a_user: float
    model: Interval
    popularity: Interval
    lead: Interval
    verdict: str

    @property
    def ahead(self) -> float:
        """How far ahead of popularity the model is, as a share of popularity: 1 is twice as good; NaN beside nothing."""
        return self.model.mean / self.popularity.mean - 1 if self.popularity.mean else float("nan")


@dataclass(frozen=True)
class Figure:
    """One split: what the model and the floors reach there, and what the split really asks.

    Attributes:
        split: as `SplitSpec` reads it.
        run: id of the model's run.
        chance: the mean of lists drawn by lot, over everybody.
        everybody: all judged users.
        known: those of them with a training row, None where there is none.
    """

    split: str
    run: str
    chance: float
    everybody: Side
    known: Side | None
    audit: SplitAudit

    @property
    def protocol(self) -> str:
        """The protocol's name."""
        return self.split.partition(":")[0]

    @property
    def fair(self) -> Side:
        """Those whom figures of two splits are compared over: the known users; everybody where none is known."""
        return self.known or self.everybody

    @property
    def new(self) -> int:
        """Judged users without a training row."""
        return self.everybody.judged - (self.known.judged if self.known else 0)


@dataclass(frozen=True)
class Auditing:
    """What became of one model under each split.

    Attributes:
        left_out: protocol -> why it was not tried.
    """

    model: str
    k: int
    figures: tuple[Figure, ...]
    left_out: dict[str, str]

    @property
    def metric(self) -> str:
        """The figure that is compared."""
        return f"ndcg@{self.k}"

    def of(self, protocol: str) -> Figure | None:
        """The figure of one split; None where it was not tried."""
        return next((one for one in self.figures if one.protocol == protocol), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, which `read` reads."""
        figures = [{**asdict(one), "audit": one.audit.as_dict()} for one in self.figures]
        return {"model": self.model, "k": self.k, "figures": figures, "left_out": self.left_out}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Auditing:
        """What `as_dict` gave; raises KeyError, TypeError or ValueError for anything else."""
        figures = tuple(_read(one) for one in told["figures"])
        return cls(str(told["model"]), int(told["k"]), figures, dict(told["left_out"]))

    def table(self) -> pd.DataFrame:
        """Points for a chart: `split`, `of` (everybody or known), `who` (model or popularity), `value`, `low`, `high`, `judged`.

        The known users stand by themselves where they are not everybody.
        """
        rows = []
        for one in self.figures:
            sides = {"everybody": one.everybody}
            if one.new and one.known is not None:
                sides["known"] = one.known
            for name, side in sides.items():
                about = {"split": one.split, "of": name, "judged": side.judged}
                for who, at in ((self.model, side.model), (FLOOR, side.popularity)):
                    rows.append({**about, "who": who, "value": at.mean, "low": at.low, "high": at.high})
        return pd.DataFrame(rows, columns=["split", "of", "judged", "who", "value", "low", "high"])


def _read(told: Mapping[str, Any]) -> Figure:
    audited = {name: value for name, value in told["audit"].items() if name != "clean"}
    audited["flags"] = tuple(Flag(**flag) for flag in audited["flags"])
    sides = {name: _read_side(told[name]) if told[name] else None for name in ("everybody", "known")}
    return Figure(**{**told, **sides, "audit": SplitAudit(**audited)})


def _read_side(told: Mapping[str, Any]) -> Side:
    return Side(**{**told, **{name: Interval(**told[name]) for name in ("model", "popularity", "lead")}})


def auditable_models(data: Dataset) -> list[str]:
    """Models that can be tried under several splits: no floors, and nothing that is made of other runs."""
    return [
        one.name
        for one in registry.models_for(data.kind)
        if not one.floor and one.name not in MADE_OF_RUNS and (data.has_time or not one.needs_time)
    ]


def audited_splits(data: Dataset, model: str) -> tuple[list[SplitSpec], dict[str, str]]:
    """The splits that a model is tried under on these data, and why others are left out.

    Raises:
        NotFound: no such model. NotSupported: a floor, or a model that is made of other runs.
    """
    one = registry.learner(model)
    if one.floor or model in MADE_OF_RUNS:
        raise NotSupported(
            what=_("{model} stands beside other models or is made of them").format(model=model),
            where="--model",
            remedy=_("use one of: {known}").format(known=", ".join(auditable_models(data))),
        )
    allowed = registry.protocols_for(model, data)
    if PART in data.interactions:
        own = _("the data have test rows of their own, which nothing else may learn from")
        return [SplitSpec("given", seed=DEFAULT_SPLIT.seed)], dict.fromkeys(AUDITED, own)
    specs = [SplitSpec.parse(name, seed=DEFAULT_SPLIT.seed) for name in AUDITED if name in allowed]
    why = {
        name: _("the data have no times")
        if name in ("last", "time") and not data.has_time
        else _("{model} knows {users} by their id alone").format(model=_(one.title), users=data.words.users)
        for name in AUDITED
        if name not in allowed
    }
    return specs, why


def configurations(
    data: Dataset,
    model: str,
    *,
    settings: Mapping[str, Any] | None = None,
    k: int = 10,
    seed: int = 0,
    actor: str,
) -> tuple[list[list[RunConfig]], dict[str, str]]:
    """For each split the runs that it takes: the model, popularity, lots; and what is left out, with the reason.

    Raises:
        NotFound, NotSupported: see `audited_splits`. ParamError: a bad setting or k, or data too small for any split.
    """
    specs, left_out = audited_splits(data, model)
    wanted = []
    for spec in specs:
        ours = configure(data, model, settings=settings, split=spec, seed=seed, k=k, actor=actor)
        floors = [configure(data, floor, split=spec, actor=actor, k=k) for floor in (FLOOR, CHANCE)]
        wanted.append([ours, *floors])
    return wanted, left_out


def audit_splits(
    data: Dataset,
    model: str,
    wanted: list[list[RunConfig]],
    left_out: dict[str, str],
    *,
    report: Report = no_report,
) -> Auditing:
    """Tries the model under each split; finished runs of the same work are taken as they are.

    The usual split's run of the model is made last: the newest run is what other pages show where nobody chose.

    Args:
        wanted, left_out: what `configurations` gave.
        report: told `share`, `seconds_left`, and which `model` learns under which `split`.
    Raises:
        DataError: a run failed. KeyboardInterrupt passes through; what had begun is removed.
    """
    order = [config for configs in reversed(wanted) for config in reversed(configs)]
    told = AuditProgress(report, order)
    runs = {id(config): made_run(config, watch=told.of(config)) for config in order}
    figures = [_figure(data, [runs[id(config)] for config in configs]) for configs in wanted]
    return Auditing(model, wanted[0][0].k, tuple(figures), left_out)


def _figure(data: Dataset, runs: list[Run]) -> Figure:
    config = runs[0].config
    split, metric = make_split(data, config.split_spec), f"ndcg@{config.k}"
    tables = [run.table("users").set_index("user")[metric] for run in runs[:2]]
    both = pd.concat(tables, axis=1, join="inner").dropna()
    users, values = both.index.to_numpy(), both.to_numpy(np.float64)
    asked = np.bincount(split.triples(split.test)[0], minlength=data.n_users)[users]
    known = np.asarray(split.matrix(split.fit_rows).getnnz(axis=1) > 0)[users]
    measured = [run.measured() for run in runs]
    kept = [Interval(one["metrics"][metric], *one["ci"][metric]) for one in measured[:2]]  # as on other pages
    everybody = replace(_side(values, asked), model=kept[0], popularity=kept[1])
    some = everybody if known.all() else _side(values[known], asked[known]) if known.any() else None
    chance = float(measured[2]["metrics"][metric])
    return Figure(config.split, runs[0].id, chance, everybody, some, audit(split))


def _side(values: FloatArray, asked: IntArray) -> Side:
    """Figures of some users: `values` (n, 2) of the model and of popularity, `asked` (n,) rows to be found."""
    lead = paired_test(values[:, 0], values[:, 1])
    return Side(
        judged=len(values),
        rows_a_user=float(asked.mean()),
        model=mean_interval(values[:, 0]),
        popularity=mean_interval(values[:, 1]),
        lead=Interval(lead.mean, lead.low, lead.high),
        verdict=lead.verdict(),
    )
