"""Worth of a feature's controls: which attribute, to which model, judged on whom."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui import cached, parts, shell
from pages.ui.links import linked
from recsys_core.data.dataset import Dataset
from recsys_core.data.one_attribute import Attribute, attribute_named, attributes_in
from recsys_core.data.splits import PROTOCOLS, SplitSpec
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.models.reading import read_attributes, readers
from recsys_core.scenarios.worth_told import named
from recsys_core.training.worth import FEWEST_SEEDS, MOST_SEEDS, SEEDS

PREFERRED = {"items": "cold-item", "users": "cold-user"}
"""Where an attribute counts most: what nobody chose yet has nothing else."""


@dataclass(frozen=True)
class Asked:
    """What the controls ask for; `attribute` as `items.genres`."""

    model: str
    attribute: str
    split: SplitSpec
    k: int
    seeds: int


def ask(data: Dataset) -> Asked | None:
    """Draws the controls in one bordered box; None, with the way on, where there is nothing to ask."""
    models = {one.name: _(one.title) for one in readers(data)}
    if not attributes_in(data) or not models:
        _nothing(data)
        return None
    with st.container(border=True):
        row = st.columns([1.4, 1.6, 1.3, 0.8, 0.8], vertical_alignment="bottom")
        model = row[0].selectbox(
            _("Model"),
            list(models),
            key=linked("worth_model", next(iter(models)), options=models),
            persist_state="session",
            format_func=models.__getitem__,
            help=_("Only models that learn from attributes stand here."),
        )
        names = _read(model, data.name, data.fingerprint)
        if not names:
            st.info(
                _(
                    "{model} reads none of the attributes of these data: each has one value, is an id, or is free text."
                ).format(model=models[model]),
                icon=":material/info:",
            )
            return None
        attribute = row[1].selectbox(
            _("Attribute"),
            names,
            key=linked("worth_attribute", names[0], options=names),
            persist_state="session",
            format_func=lambda one: named(one, data.words),
            help=_("Only what this model really reads. Ids and columns with one value are never read."),
        )
        split = _split(row[2], attribute_named(data, attribute), model, data)
        seeds = row[3].number_input(
            _("Seeds"),
            FEWEST_SEEDS,
            MOST_SEEDS,
            key=linked("worth_seeds", SEEDS, low=FEWEST_SEEDS, high=MOST_SEEDS),
            persist_state="session",
            help=_("So many trainings of each arm. More make the intervals narrower."),
        )
        most = min(50, data.n_items)
        k = row[4].number_input(
            _("List length"),
            1,
            most,
            key=linked("worth_k", min(10, most), low=1, high=most),
            persist_state="session",
            help=_("How many {items} the judged lists hold.").format(items=data.words.items),
        )
    return Asked(model, attribute, split, int(k), int(seeds))


@st.cache_data(max_entries=32, show_spinner=_("Looking which attributes it reads…"))
def _read(model: str, name: str, fingerprint: str) -> list[str]:
    return list(map(str, read_attributes(model, cached.dataset(name, fingerprint))))


def _split(place: object, attribute: Attribute, model: str, data: Dataset) -> SplitSpec:
    protocols = registry.protocols_for(model, data)
    wish = PREFERRED[attribute.side]
    default = wish if wish in protocols else protocols[0]
    chosen = place.selectbox(  # type: ignore[attr-defined]
        _("Split"),
        protocols,
        key=linked(f"worth_split_{attribute.side}", default, options=protocols),
        persist_state="session",
        help=_(
            "Whose lists are judged. On known {users} and {items} an attribute says little that choices do not say "
            "already. "
        ).format(users=data.words.users, items=data.words.items)
        + " ".join(f"**{name}**: {_(PROTOCOLS[name])}." for name in protocols),
    )
    return SplitSpec.parse(str(chosen), seed=SplitSpec().seed)


def _nothing(data: Dataset) -> None:
    """No attribute, or no model that would read one: what to do instead."""
    if attributes_in(data):
        text = _("No model for this kind of data reads attributes, so none can be worth anything to it.")
        label, page, icon = _("Look at the data"), "explore", ":material/travel_explore:"
    else:
        text = _(
            "These data have no attributes: nothing is known of {items} and {users} but their ids. Import them again with "
            "a table of {items} or {users} beside."
        ).format(items=data.words.items, users=data.words.users)
        label, page, icon = _("Import with attributes"), "prepare", ":material/upload_file:"
    with st.container(border=True):
        st.markdown(parts.plain(text, parts.LONGEST_SENTENCE))
        st.page_link(shell.file_of(page), label=label, icon=icon)
