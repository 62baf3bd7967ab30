"""Prepare: one's own files become a data set."""

import json
import zlib
from dataclasses import replace
from typing import NoReturn

import pandas as pd
import streamlit as st

from pages.ui import fetching, parts, shell, state

shell.guard()

from pages.ui import (  # noqa: E402
    doctor_columns,
    doctor_counting,
    doctor_details,
    doctor_files,
    doctor_kept,
    doctor_recipe,
    doctor_steps,
)
from recsys_core.columns import Kind  # noqa: E402
from recsys_core.data.column_map import ColumnMap  # noqa: E402
from recsys_core.data.dataset import Dataset, Words  # noqa: E402
from recsys_core.data.hints import hints_of  # noqa: E402
from recsys_core.data.importing import Tables, assemble, free_name  # noqa: E402
from recsys_core.data.proposing import Proposed, propose_recipe, recipe_for  # noqa: E402
from recsys_core.data.recipe import Recipe  # noqa: E402
from recsys_core.data.store import keep_dataset, list_datasets  # noqa: E402
from recsys_core.errors import RecsysError  # noqa: E402
from recsys_core.files import check_name  # noqa: E402
from recsys_core.i18n import _, ngettext  # noqa: E402
from recsys_core.runs import list_runs  # noqa: E402
from recsys_core.training.jobs import train_first_runs  # noqa: E402


@st.cache_resource(max_entries=4, show_spinner=False)
def proposed_of(key: str, _table: pd.DataFrame) -> Proposed:
    """What a file was taken for, once a file."""
    return propose_recipe(_table)


def tag(*texts: str) -> str:
    """A short key for widgets that start anew when one of these changes."""
    return f"{zlib.crc32('|'.join(texts).encode()):08x}"


@st.cache_resource(max_entries=8, show_spinner=False)
def recipe_now(
    key: str, saved: str, columns: ColumnMap, kind: Kind, _events: pd.DataFrame, _start: Recipe
) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe for the chosen columns and kind, and hints: the one that it starts from where nothing was changed."""
    same = columns == _start.columns and kind is _start.kind
    recipe = _start if same else replace(recipe_for(_events, columns, kind=kind), words=_start.words)
    return recipe, tuple(hints_of(_events, recipe))


def kept_now(made: Dataset, notes: tuple[str, ...] = ()) -> NoReturn:
    """Trains the first runs, shows the new data set everywhere, and an empty form here."""
    refused = ""
    try:
        queued = len(train_first_runs(made, actor=state.ACTOR))
    except RecsysError as problem:
        queued, refused = 0, str(problem)
    told = {"name": made.name, "rows": len(made.interactions), "steps": doctor_kept.report(made.cleaning)}
    st.session_state["prepare_kept"] = told | {"queued": queued, "refused": refused, "notes": notes}
    st.session_state["prepare_round"] = st.session_state.get("prepare_round", 0) + 1
    state.choose_data(made.name)
    st.rerun()


parts.title(_("Prepare"), _("How does a file of your own become a data set?"))
kept = st.session_state.pop("prepare_kept", None)
if kept:
    said = _("{name} is ready: {rows:,} interactions.").format(**kept)
    if kept["queued"]:
        said += " " + _("The floors and the default network are training now.")
    st.success(parts.plain(said, parts.LONGEST_SENTENCE), icon=":material/check_circle:")
    if kept["refused"]:
        why = _("It can be looked at, but not learned from: {why}").format(why=kept["refused"])
        st.warning(parts.plain(why, parts.LONGEST_SENTENCE), icon=":material/model_training:")
    doctor_steps.hints(kept["notes"])
    st.dataframe(kept["steps"], hide_index=True, alt=_("Rows before and after each cleaning step"))
    st.page_link(shell.file_of("explore"), label=_("Look at the data"), icon=":material/travel_explore:")
    if kept["queued"]:
        st.page_link(shell.file_of("train"), label=_("Watch it train"), icon=":material/model_training:")

with st.container(border=True):
    cells = st.columns(3)
    with cells[0]:
        events_file = doctor_files.given(
            _("Interactions: who chose what"),
            "prepare_events",
            _(
                "One row an interaction: a column of users, a column of items, perhaps a rating or an amount and a time. "
                "CSV or any other separator, with names in the first row or not, gzip, zip or Parquet."
            ),
        )
    with cells[1]:
        items_file = doctor_files.given(
            _("Items: titles and attributes, if there is a file"),
            "prepare_items",
            _("One row an item: its id, its title, anything else that is known of it."),
        )
    with cells[2]:
        users_file = doctor_files.given(
            _("Users: attributes, if there is a file"),
            "prepare_users",
            _("One row a user: the id, and anything else that is known."),
        )

if events_file is None:
    if not kept:
        st.info(
            _(
                "Drop a CSV above, as it is: separators, names and the meaning of columns are found and shown to you. "
                "Two columns are enough: who, and what."
            ),
            icon=":material/upload_file:",
        )
else:
    st.header(_("What the file was taken for"))
    with st.container(border=True):
        member = (
            doctor_files.member_of(events_file, _("Which table holds the interactions"), "prepare_member")
            or ""
        )
        held = st.container()
        wanted = doctor_recipe.saved_recipe(st.session_state.get(f"prepare_columns_{events_file.key}"))
        base_reading = wanted[1].reading if wanted else None
        with held:
            read = doctor_files.read_events(events_file, member, base_reading)
    if read is None:
        st.stop()
    events = read.table
    if f"prepare_columns_{events_file.key}" not in st.session_state:
        st.session_state[f"prepare_columns_{events_file.key}"] = [str(name) for name in events.columns]
        st.rerun()  # now that the columns are known, a recipe that fits them is pointed out
    with parts.boundary(), st.spinner(_("Looking at the columns…")):
        proposed = proposed_of(read.key, events)
    start = wanted[1] if wanted else proposed.recipe
    missing = [name for name in start.columns.chosen() if name not in events]
    if missing:
        parts.error(
            _(
                "The recipe asks for column {name}, which this file does not have; choose another recipe, or none."
            ).format(name=repr(missing[0]))
        )
        st.stop()
    key = tag(read.key, wanted[0] if wanted else "")

    sample = st.container()
    with st.container(border=True):
        columns, kind = doctor_columns.assigned(read, start, proposed, key)
        details = doctor_details.details(
            events_file, member, {"items": items_file, "users": users_file}, read, columns, start, key
        )
    with sample:
        doctor_columns.preview(events, columns)
    with parts.boundary():
        recipe, hints = recipe_now(read.key, wanted[0] if wanted else "", columns, kind, events, start)
    if recipe != start:
        key = tag(key, json.dumps(recipe.as_dict()))
    recipe = replace(recipe, items=details.item_map, users=details.user_map)
    if read.reading.header is not None:
        recipe = replace(recipe, reading=read.reading)

    st.header(_("What each step of cleaning costs"))
    doctor_steps.hints(hints)
    left, right = st.columns([2, 3])
    steps = doctor_steps.chosen_steps(read, recipe, left.container(border=True), key)
    with left.expander(_("More")):
        recipe = doctor_steps.more(replace(recipe, steps=steps), key)
    with right, parts.boundary():
        counted = doctor_counting.counted(read, recipe)
        if counted is not None:
            doctor_steps.show_costs(read, *counted)
    if counted is not None:
        doctor_steps.show_table(counted[1])
    usable = counted is not None and not doctor_steps.is_refused(read, recipe, *counted)

    st.header(_("What to call it"))
    with st.container(border=True):
        cells = st.columns(3)
        taken = {summary.name for summary in list_datasets()}
        if st.session_state.get("prepare_named_after") != events_file.name:
            st.session_state["prepare_named_after"] = events_file.name
            st.session_state["prepare_name"] = free_name(events_file.name, taken)
        name = cells[0].text_input(_("Name of the data set"), key="prepare_name").strip()
        noun = cells[1].text_input(
            _("One item is called"), recipe.words.item, key=f"prepare_noun_{key}", max_chars=30
        )
        nouns = cells[2].text_input(
            _("Several are called"), recipe.words.items, key=f"prepare_nouns_{key}", max_chars=30
        )
    words = recipe.words
    recipe = replace(
        recipe,
        words=Words(
            noun.strip() or words.item,
            nouns.strip() or words.items,
            words.user,
            words.users,
            words.value,
            words.verb,
        ),
    )
    doctor_recipe.shown(recipe, name, "new")
    sure = True
    if name in taken:
        n_runs = sum(run.config.dataset == name for run in list_runs())
        sure = st.checkbox(
            ngettext(
                "Replace {name}, which exists. Its {n} run can then make no lists any more.",
                "Replace {name}, which exists. Its {n} runs can then make no lists any more.",
                n_runs,
            ).format(name=parts.plain(name), n=n_runs),
            key=f"prepare_replace_{name}",
        )
    asked = st.button(
        _("Use this data"),
        type="primary",
        key="prepare_use",
        icon=":material/check:",
        disabled=not (sure and usable),
    )
    if asked and counted is not None:
        with parts.boundary(), st.spinner(_("Joining, counting and saving…"), show_time=True):
            check_name(name, where=_("name of a data set"))
            made = assemble(name, Tables(events, details.items, details.users), recipe, *counted)
            keep_dataset(made.dataset, actor=state.ACTOR, dropped=made.dropped)
            # at once: where the spinner ends, a second click may stop this script
            kept_now(made.dataset, made.notes)

fetching.sources(kept_now)

data = state.dataset()
if data is not None:
    doctor_kept.data_sets(data)
parts.code("prepare", file="interactions.csv", name="my-data")
parts.about(
    _(
        "**Nothing is lost in silence.** Ids stay text, so leading zeros and long numbers stay as they are. Every row that "
        "is left out is counted under the step that took it, and can be looked at and downloaded."
    ),
    _(
        "**Cleaning** drops rows without an id, value or time, removes exact duplicates, and keeps one row of repeated "
        "pairs; for amounts it adds them up. Every step can be switched off."
    ),
    _(
        "**Scaling**: values are brought to one scale when a network trains, fitted on its training rows only, and brought "
        "back before anything is shown."
    ),
)
