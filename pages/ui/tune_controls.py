"""Tune's controls: what is searched, how, by which figure and for how long; said in words and checked before the click."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.ui import parts, split_amount, state, tune_ranges
from pages.ui.links import linked
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import PROTOCOLS, SplitSpec
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import meaning, split_name, title
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.scenarios.searching import METHODS
from recsys_core.scenarios.searching_final import budget_words
from recsys_core.training.search_cost import expected_seconds
from recsys_core.training.search_metrics import default_metric, metrics_for
from recsys_core.training.search_space import Range, default_ranges
from recsys_core.training.studies import submit_study
from recsys_core.training.study import Study
from recsys_core.training.study_config import (
    DEFAULT_TRIALS,
    UNSEARCHABLE,
    StudyConfig,
    configure_study,
)


@dataclass(frozen=True)
class Asked:
    """What the controls ask for, checked or not."""

    model: str
    method: str
    metric: str
    split: SplitSpec
    n_trials: int
    minutes: float | None
    k: int
    seed: int
    workers: int
    ranges: tuple[Range, ...]
    fixed: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """All of it as texts."""
        rest = (self.method, self.metric, self.split, self.split.seed, self.n_trials, self.minutes, self.k)
        ranges = (f"{one} {one.log}" for one in self.ranges)
        return tuple(
            map(str, (self.model, *rest, self.seed, self.workers, *ranges, sorted(self.fixed.items())))
        )


def models_of(data: Dataset) -> dict[str, str]:
    """The models that can be searched on these data, and their titles."""
    usable = [one for one in registry.models_for(data.kind) if data.has_time or not one.needs_time]
    return {
        one.name: registry.title_of(one)
        for one in usable
        if one.name not in UNSEARCHABLE and tune_ranges.searchable(one.name) and default_ranges(one.name)
    }


def ask(data: Dataset) -> tuple[Asked, Study | None]:
    """Draws the controls in one bordered box; what they ask for, and the study where Search was clicked."""
    with st.container(border=True):
        asked = _asked(data)
        config, seconds, problem = None, 0.0, ""
        try:
            config, seconds = _checked(data.name, data.fingerprint, asked.key, data, asked)
        except RecsysError as refused:
            problem = str(refused)
        line = st.columns([1, 4], vertical_alignment="center")
        clicked = line[0].button(
            _("Search"), type="primary", key="tune_go", icon=":material/search:", disabled=config is None
        )
        if config is not None:
            line[1].markdown(parts.plain(budget_words(config, seconds), parts.LONGEST_SENTENCE))
        else:
            line[1].error(parts.plain(problem, parts.LONGEST_SENTENCE), icon=":material/error:")
    if not (clicked and config is not None):
        return asked, None
    with parts.boundary():
        return asked, submit_study(configured(data, asked))


def configured(data: Dataset, asked: Asked, method: str = "") -> StudyConfig:
    """The checked configuration of what is asked; `method` instead of the one asked for."""
    return configure_study(
        data,
        asked.model,
        method=method or asked.method,
        n_trials=asked.n_trials,
        minutes=asked.minutes,
        metric=asked.metric,
        split=SplitSpec.parse(str(asked.split), seed=asked.split.seed),
        fixed=asked.fixed,
        ranges=asked.ranges,
        seed=asked.seed,
        k=asked.k,
        workers=asked.workers,
        actor=state.ACTOR,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _checked(
    name: str, fingerprint: str, key: tuple[str, ...], _data: Dataset, _asked: Asked
) -> tuple[StudyConfig, float]:
    """A checked configuration and the seconds it will take; making its split at every look would cost dear."""
    if not _asked.ranges:
        raise _nothing_searched()
    config = configured(_data, _asked)
    return config, expected_seconds(config, _data)


def _nothing_searched() -> RecsysError:
    return RecsysError(
        what=_("nothing is searched"),
        where=_("Searched settings"),
        remedy=_("choose at least one under More"),
    )


def _asked(data: Dataset) -> Asked:
    models = models_of(data)
    first = registry.DEFAULT_MODEL if registry.DEFAULT_MODEL in models else next(iter(models))
    row = st.columns([1.6, 1.1, 1.2, 0.8, 0.9, 1.5], vertical_alignment="bottom")
    model = str(
        row[0].selectbox(
            _("Model"),
            list(models),
            key=linked("tune_model", first, options=models),
            persist_state="session",
            format_func=models.__getitem__,
            help=_("Whose settings are searched. Blends and re-ranked runs have none to search."),
        )
    )
    method = str(
        row[1].selectbox(
            _("Method"),
            list(METHODS),
            key=linked("tune_method", next(iter(METHODS)), options=METHODS),
            persist_state="session",
            format_func=lambda one: _(METHODS[one][0]),
            help="  \n".join(f"**{_(name)}**: {_(what)}" for name, what in METHODS.values()),
        )
    )
    k = _list_length(data)
    metric = _metric(row[2], model, data, k)
    n_trials = row[3].number_input(
        _("Trials"),
        step=1,
        key=linked("tune_trials", DEFAULT_TRIALS),
        persist_state="session",
        help=_("So many settings are tried at most; each is one training."),
    )
    minutes = row[4].number_input(
        _("Minutes"),
        step=5,
        key=linked("tune_minutes", 0),
        persist_state="session",
        help=_("No trial begins after so many minutes. 0: no limit."),
    )
    protocols = registry.protocols_for(model, data)
    protocol = str(
        row[5].selectbox(
            _("Split"),
            protocols,
            key=linked("tune_split", protocols[0], options=protocols),
            persist_state="session",
            help=_(
                "Trials learn from its training rows and are judged on its validation rows; test stays shut. "
            )
            + " ".join(f"**{name}**: {_(PROTOCOLS[name])}." for name in protocols),
        )
    )
    with st.expander(_("More")):
        ranges, fixed = tune_ranges.ask(model)
        more = st.columns(4, vertical_alignment="bottom")
        amount = split_amount.ask(
            more[0],
            protocol,
            "tune",
            _(
                "Test rows: nothing learns from them, no trial sees them. A tenth of the rest is validation rows."
            ),
        )
        more[1].number_input(
            _("List length"),
            step=1,
            key="tune_k",
            persist_state="session",
            help=_("How many {items} the judged lists hold.").format(items=data.words.items),
        )
        seed = more[2].number_input(
            _("Seed"),
            value=0,
            step=1,
            key="tune_seed",
            persist_state="session",
            help=_("The same seed draws the same settings and trains the same models again."),
        )
        workers = more[3].number_input(
            _("Workers"),
            value=1,
            step=1,
            key="tune_workers",
            persist_state="session",
            help=_("So many trials are trained at the same time, each in a process of its own."),
        )
    split = SplitSpec(protocol, amount, SplitSpec().seed)
    return Asked(
        model,
        method,
        metric,
        split,
        int(n_trials or 0),
        float(minutes) if minutes else None,
        k,
        int(seed or 0),
        int(workers or 0),
        ranges,
        fixed,
    )


def _list_length(data: Dataset) -> int:
    """The length of the judged lists; its box stands under More, further down."""
    st.session_state.setdefault("tune_k", min(10, data.n_items))
    return int(st.session_state["tune_k"] or 0)


def _metric(place: Any, model: str, data: Dataset, k: int) -> str:
    """The figure that is searched by, with its list length."""
    full = {split_name(one)[0]: one for one in metrics_for(model, data, k)}
    usual = split_name(default_metric(model, k))[0]
    chosen = place.selectbox(
        _("Metric"),
        list(full),
        key=linked("tune_metric", usual, options=full),
        persist_state="session",
        format_func=lambda one: title(full.get(one) or str(one)),
        help=_("Measured on validation rows after each trial. ") + meaning(full[usual], data.words),
    )
    return full[str(chosen)]


def code(data: Dataset, asked: Asked) -> None:
    """The lines that ask for the same search."""
    parts.code(
        "tune",
        data=data.name,
        model=asked.model,
        method=asked.method,
        n_trials=asked.n_trials,
        minutes=asked.minutes,
        metric=asked.metric,
        split=str(asked.split),
        split_seed=asked.split.seed,
        ranges=[str(one) for one in asked.ranges],
        fixed=asked.fixed,
        seed=asked.seed,
        k=asked.k,
        workers=asked.workers,
    )
