"""Prepare, below: the data sets that are here, how each was made, and deleting one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import doctor_recipe, parts, state
from recsys_core.data.dataset import Dataset
from recsys_core.data.recipe import Recipe
from recsys_core.data.store import delete_dataset, dropped_rows, list_datasets
from recsys_core.files import safe_csv
from recsys_core.i18n import _


def data_sets(data: Dataset) -> None:
    """The list, and what was done to the chosen one."""
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
        st.dataframe(
            report(data.cleaning), hide_index=True, alt=_("Rows before and after each cleaning step")
        )
        _dropped(data)
    if data.recipe:
        with parts.boundary():
            doctor_recipe.shown(Recipe.from_dict(data.recipe), data.name, "kept")
    with st.popover(_("Delete a data set"), icon=":material/delete:"):
        st.markdown(_("Its runs stay, but cannot make lists any more."))
        if st.button(_("Delete {name}").format(name=data.name), key="prepare_delete"):
            with parts.boundary():
                delete_dataset(data.name, actor=state.ACTOR)
            st.rerun()


def report(steps: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """The report of a cleaning as rows of a table."""
    return [
        {
            _("Step"): _(step["name"]),
            _("Rows before"): step["rows_before"],
            _("Rows after"): step["rows_after"],
            _("Users after"): step.get("users_after"),
            _("Items after"): step.get("items_after"),
        }
        for step in steps
    ]


def _dropped(data: Dataset) -> None:
    taken = sum(step["rows_before"] - step["rows_after"] for step in data.cleaning)
    if not taken:
        st.caption(_("No row was taken."))
        return

    def content() -> bytes:
        rows = dropped_rows(data.name)
        return b"" if rows is None else safe_csv(rows)

    st.download_button(
        _("The {n:,} rows that were taken (CSV)").format(n=taken),
        content,
        file_name=f"{data.name}-dropped.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="prepare_kept_dropped",
        disabled=not data.recipe,
    )
