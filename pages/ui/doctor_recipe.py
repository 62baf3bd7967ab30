"""Prepare, the recipe: a saved one applied to this file, and this one shown and taken along."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts
from pages.ui.doctor_files import NONE
from recsys_core.data.recipe import Recipe
from recsys_core.data.store import recipes
from recsys_core.i18n import _

MAX_MB = 1


def saved_recipe(columns: list[str] | None) -> tuple[str, Recipe] | None:
    """The recipe that a person wants applied, with a key that tells it from others; None for none.

    `columns` of the file, once it is read without the recipe's own way of reading: a fitting recipe is pointed out.
    """
    known = {name: Recipe.from_dict(one) for name, one in recipes().items()}
    round_ = st.session_state.get("prepare_round", 0)
    with st.expander(_("Use a saved recipe"), icon=":material/receipt_long:", key="prepare_recipe_box"):
        cells = st.columns(2, vertical_alignment="bottom")
        name = cells[0].selectbox(
            _("Recipe of a data set"),
            [NONE, *known],
            key=f"prepare_recipe_{round_}",
            help=_("How that data set's file was read and cleaned, applied to this file."),
        )
        file = cells[1].file_uploader(
            _("or a recipe file (JSON)"),
            type=["json"],
            key=f"prepare_recipe_file_{round_}",
            max_upload_size=MAX_MB,
        )
    if file is not None:
        with parts.boundary():
            return file.file_id, Recipe.read(file.getvalue(), name=file.name)
    if name != NONE:
        st.caption(
            f":green-badge[:material/receipt_long: {_('applied')}] "
            + _("The recipe of {name}.").format(name=parts.plain(name))
        )
        return str(name), known[str(name)]
    fitting = [
        one for one, recipe in known.items() if columns and set(recipe.columns.chosen()) <= set(columns)
    ]
    if fitting:
        with st.container(horizontal=True):
            for one in fitting[:3]:
                st.button(
                    _("Apply the recipe of {name}: it fits these columns").format(name=parts.plain(one)),
                    key=f"prepare_apply_{one}",
                    icon=":material/receipt_long:",
                    on_click=_apply,
                    args=(f"prepare_recipe_{round_}", one),
                )
    return None


def _apply(key: str, name: str) -> None:
    st.session_state[key] = name


def shown(recipe: Recipe, name: str, key: str) -> None:
    """The recipe as JSON, to read and to take along."""
    with st.expander(_("The recipe"), icon=":material/receipt_long:"):
        st.caption(
            _(
                "Everything above, as plain JSON. Next month's file goes through it in one step: here, or on the command "
                "line with --recipe."
            )
        )
        st.download_button(
            _("Download the recipe"),
            recipe.written(),
            file_name=f"{name or 'recipe'}.recipe.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"prepare_recipe_download_{key}",
        )
        st.json(recipe.as_dict(), expanded=1)
