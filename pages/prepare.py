"""Prepare: one's own files become a data set."""

from typing import NoReturn

import pandas as pd
import streamlit as st

from pages.ui import parts, shell, state

shell.guard()

from recsys_core.columns import Kind  # noqa: E402
from recsys_core.data.dataset import Dataset, Words  # noqa: E402
from recsys_core.data.importing import (  # noqa: E402
    ColumnMap,
    free_name,
    guess_columns,
    import_dataset,
    read_table,
)
from recsys_core.data.sources import fetch_source, list_sources  # noqa: E402
from recsys_core.data.store import delete_dataset, keep_dataset, list_datasets  # noqa: E402
from recsys_core.data.tables import SOURCE  # noqa: E402
from recsys_core.errors import RecsysError  # noqa: E402
from recsys_core.i18n import _, ngettext  # noqa: E402
from recsys_core.runs import list_runs  # noqa: E402
from recsys_core.training.jobs import train_first_runs  # noqa: E402

MAX_MB = 200
NONE = "–"


@st.cache_data(max_entries=4, show_spinner=False)
def table_of(file_id: str, name: str, _content: bytes) -> pd.DataFrame:
    """An uploaded file as a table of text, read once."""
    return read_table(_content, name=name, max_mb=MAX_MB)


def uploaded(label: str, key: str, help_text: str) -> pd.DataFrame | None:
    """An upload as a table; what is wrong with it is said beside it."""
    key = f"{key}_{st.session_state.get('prepare_round', 0)}"  # a new round starts with no file
    file = st.file_uploader(
        label, type=["csv", "tsv", "txt"], key=key, max_upload_size=MAX_MB, help=help_text
    )
    if file is None:
        return None
    with parts.boundary():
        return table_of(file.file_id, file.name, file.getvalue())


def kept_now(made: Dataset) -> NoReturn:
    """Trains the first runs, shows the new data set everywhere, and an empty form here."""
    refused = ""
    try:
        queued = len(train_first_runs(made, actor=state.ACTOR))
    except RecsysError as problem:
        queued, refused = 0, str(problem)
    steps = [
        {
            _("Step"): _(step["name"]),
            _("Rows before"): step["rows_before"],
            _("Rows after"): step["rows_after"],
        }
        for step in made.cleaning
    ]
    told = {"name": made.name, "rows": len(made.interactions), "steps": steps}
    st.session_state["prepare_kept"] = told | {"queued": queued, "refused": refused}
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
        st.warning(
            parts.plain(
                _("It can be looked at, but not learned from: {why}").format(why=kept["refused"]),
                parts.LONGEST_SENTENCE,
            ),
            icon=":material/model_training:",
        )
    st.dataframe(kept["steps"], hide_index=True, alt=_("Rows before and after each cleaning step"))
    st.page_link(shell.file_of("explore"), label=_("Look at the data"), icon=":material/travel_explore:")
    st.page_link(shell.file_of("train"), label=_("Watch it train"), icon=":material/model_training:")

with st.container(border=True):
    left, right = st.columns(2)
    with left:
        events = uploaded(
            _("Interactions: who chose what (CSV)"),
            "prepare_events",
            _(
                "One row an interaction: a column of user ids, a column of item ids, perhaps a rating and a time."
            ),
        )
    with right:
        items = uploaded(
            _("Items: titles and attributes (CSV, if there is one)"),
            "prepare_items",
            _("One row an item: its id, its title, anything else that is known of it."),
        )

if events is None and not kept:
    st.info(
        _(
            "Drop a CSV above. Four columns are understood: user, item, value and time; only the first two are needed."
        ),
        icon=":material/upload_file:",
    )
elif events is not None:
    with parts.boundary():
        guess = guess_columns(events)
    names = list(events.columns)
    st.header(_("Which column is what?"))
    st.dataframe(events.head(8), hide_index=True, height=220, alt=_("The first rows of the file"))
    with st.container(border=True):
        cells = st.columns(4)
        signature = "|".join(names)
        user = cells[0].selectbox(_("User"), names, names.index(guess.user), key=f"prepare_user_{signature}")
        item = cells[1].selectbox(_("Item"), names, names.index(guess.item), key=f"prepare_item_{signature}")
        optional = [NONE, *names]
        value = cells[2].selectbox(
            _("Value"),
            optional,
            optional.index(guess.value or NONE),
            key=f"prepare_value_{signature}",
            help=_("A rating or count. Without one, every row says: chosen."),
        )
        time = cells[3].selectbox(
            _("Time"),
            optional,
            optional.index(guess.time or NONE),
            key=f"prepare_time_{signature}",
            help=_("Epoch seconds or a date; needed for the split 'last'."),
        )
        item_id = title = None
        if items is not None:
            cells = st.columns(4)
            columns = list(items.columns)
            same = columns.index(item) if item in columns else 0
            item_id = cells[0].selectbox(_("Item id in the items file"), columns, same, key="prepare_item_id")
            likely = next(
                (name for name in columns if name.casefold() in ("title", "name", "description")), NONE
            )
            title_choice = cells[1].selectbox(
                _("Title"), [NONE, *columns], [NONE, *columns].index(likely), key="prepare_title"
            )
            title = None if title_choice == NONE else title_choice
        cells = st.columns(4)
        taken = {summary.name for summary in list_datasets()}
        file_name = events.attrs.get(SOURCE, "")
        if st.session_state.get("prepare_named_after") != file_name:
            st.session_state["prepare_named_after"] = file_name
            st.session_state["prepare_name"] = free_name(file_name, taken)
        name = cells[0].text_input(_("Name of the data set"), key="prepare_name").strip()
        kinds = {
            _("let the values decide"): None,
            _("ratings"): Kind.RATING,
            _("chosen or not"): Kind.IMPLICIT,
        }
        kind = kinds[cells[1].selectbox(_("What a value says"), list(kinds), key="prepare_kind")]
        noun = cells[2].text_input(_("One item is called"), "item", key="prepare_noun", max_chars=30)
        nouns = cells[3].text_input(_("Several are called"), "items", key="prepare_nouns", max_chars=30)
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
    if st.button(
        _("Use this data"), type="primary", key="prepare_use", icon=":material/check:", disabled=not sure
    ):
        mapping = ColumnMap(user, item, None if value == NONE else value, None if time == NONE else time)
        words = Words(
            item=noun.strip() or "item",
            items=nouns.strip() or "items",
            value=value if value != NONE else "value",
        )
        with parts.boundary(), st.spinner(_("Cleaning and counting…")):
            made = import_dataset(
                name,
                events,
                mapping,
                items=items,
                item_id=item_id,
                title=title,
                kind=kind,
                words=words,
            )
            keep_dataset(made, actor=state.ACTOR)
        kept_now(made)

missing = [source for source in list_sources() if not source["cached"]]
if missing:
    with st.expander(_("No file at hand? Take a built-in data set")):
        for source in missing:
            line = st.columns([4, 1], vertical_alignment="center")
            line[0].markdown(f"**{parts.plain(source['title'])}**: {parts.plain(source['what'], 300)}")
            if line[1].button(_("Fetch"), key=f"prepare_fetch_{source['name']}", icon=":material/download:"):
                with parts.boundary(), st.spinner(_("Fetching {name}…").format(name=source["title"])):
                    made = fetch_source(source["name"], actor=state.ACTOR)
                kept_now(made)

data = state.dataset()
if data is not None:
    st.header(_("Data sets here"))
    st.dataframe(
        [
            {
                _("Name"): one.name,
                _("Kind"): one.kind,
                _("Rows"): one.rows,
                _("Users"): one.users,
                _("Items"): one.items,
            }
            for one in list_datasets()
        ],
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in (_("Rows"), _("Users"), _("Items"))
        },
        alt=_("The data sets of this workspace"),
    )
    with st.expander(_("How {name} was cleaned").format(name=data.name)):
        for step in data.cleaning:
            st.markdown(
                parts.plain(_(step["name"]))
                + f": {step['rows_before']:,} → **{step['rows_after']:,}** "
                + _("rows")
            )
    with st.popover(_("Delete a data set"), icon=":material/delete:"):
        st.markdown(_("Its runs stay, but cannot make lists any more."))
        if st.button(_("Delete {name}").format(name=data.name), key="prepare_delete"):
            with parts.boundary():
                delete_dataset(data.name, actor=state.ACTOR)
            st.rerun()
parts.code("prepare", file="interactions.csv", name="my-data")
parts.about(
    _(
        "**Cleaning** drops rows without an id, value or time, removes exact duplicates, and keeps the last of repeated "
        "pairs. Each step says how many rows it cost."
    ),
    _(
        "**Scaling**: values are brought to 0..1 when a network trains, fitted on its training rows only, and brought "
        "back before anything is shown."
    ),
)
