"""The controls of page Train: model, split, parameters; what is wrong with them, or what they would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import forms, parts, split_amount, state
from pages.ui.links import linked
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import PROTOCOLS, SplitSpec
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.run_config import RunConfig
from recsys_core.training.estimate import estimate
from recsys_core.training.jobs import configure
from recsys_core.training.members import usable_members
from recsys_core.training.reranked import usable_bases

QUICKLY_CUT = 2_000_000
"""Rows up to which the split is tried before anybody asks; above, when the button is pressed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the controls say."""

    data: Dataset
    model: str
    split: SplitSpec
    settings: dict[str, Any]
    seed: int
    k: int

    def configured(self, *, name: str = "", cut: bool = True) -> RunConfig:
        """The checked configuration; raises RecsysError in the words of the command line."""
        return configure(
            self.data,
            self.model,
            actor=state.ACTOR,
            settings=self.settings,
            split=SplitSpec.parse(str(self.split), seed=self.split.seed),
            seed=self.seed,
            k=self.k,
            name=name.strip(),
            cut=cut,
        )


def ask(data: Dataset) -> tuple[Asked, RunConfig | None]:
    """The controls in one box; what they say, and the configuration to train once the button was pressed."""
    with st.container(border=True):
        asked = _controls(data)
        problem = _checked(asked)
        _foretold(asked, problem)
        start = st.columns([1, 2, 3], vertical_alignment="bottom")
        clicked = start[0].button(
            _("Train"),
            type="primary",
            key="train_go",
            icon=":material/play_arrow:",
            disabled=problem is not None,
        )
        name = start[1].text_input(
            _("Name of the run"),
            key="train_name",
            persist_state="session",
            max_chars=40,
            placeholder=_("a name, if you like"),
            label_visibility="collapsed",
        )
    if not clicked or problem is not None:
        return asked, None
    try:
        return asked, asked.configured(name=name)
    except RecsysError as refusal:
        parts.error(refusal)
        return asked, None


def _checked(asked: Asked) -> RecsysError | None:
    """What is wrong with the controls, before anything is started."""
    try:
        asked.configured(cut=len(asked.data.interactions) <= QUICKLY_CUT)
    except RecsysError as problem:
        return problem
    return None


def _foretold(asked: Asked, problem: RecsysError | None) -> None:
    """Under the controls: what is wrong, or how long it will take and whether it fits."""
    if problem is not None:
        st.warning(parts.plain(problem, parts.LONGEST_SENTENCE), icon=":material/block:")
        return
    found = estimate(asked.data, asked.model, settings=asked.settings, split=asked.split)
    st.markdown(f":material/timer: {parts.plain(found.sentence)}", help=found.basis)
    for sentence in found.warnings:
        st.warning(parts.plain(sentence, parts.LONGEST_SENTENCE), icon=":material/memory:")


def _controls(data: Dataset) -> Asked:
    usable = [one for one in registry.models_for(data.kind) if data.has_time or not one.needs_time]
    titles = {one.name: registry.title_of(one) for one in usable}
    top = st.columns([2, 1.3, 1, 1, 1])
    model = top[0].selectbox(
        _("Model"),
        list(titles),
        key=linked("model", next(iter(titles)), options=titles),
        persist_state="session",
        format_func=lambda one: titles.get(one, one),
        help=_("Networks learn epoch by epoch; the others are done at once."),
    )
    protocols = registry.protocols_for(model, data)
    protocol = top[1].selectbox(
        _("Split"),
        protocols,
        key=linked("split", protocols[0], options=protocols),
        persist_state="session",
        help=" ".join(f"**{name}**: {_(PROTOCOLS[name])}." for name in protocols),
    )
    amount = split_amount.ask(
        top[2], protocol, "train", _("Rows that only judge. They are never learned from.")
    )
    seed = top[3].number_input(
        _("Seed"),
        value=0,
        step=1,
        key="train_seed",
        persist_state="session",
        help=_("The same seed gives the same figures again."),
    )
    k = top[4].number_input(
        _("List length"),
        value=min(10, data.n_items),
        step=1,
        key="train_k",
        persist_state="session",
        help=_("How many {items} the judged lists hold.").format(items=data.words.items),
    )
    st.caption(_(registry.spec(model).what))
    for broken in registry.left_out():
        st.warning(parts.plain(broken.sentence, parts.LONGEST_SENTENCE), icon=":material/extension_off:")
    spec = SplitSpec(protocol, amount, SplitSpec().seed)
    named = {"blend": usable_members, "reranked": usable_bases}.get(model)
    runs = {run.id: state.run_label(run) for run in named(data, spec)} if named else {}
    settings = forms.ask(registry.params_of(model), prefix=f"train_{model}", runs=runs)
    return Asked(data, model, spec, settings, int(seed), int(k))
