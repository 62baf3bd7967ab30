"""The frame round every page: the table of pages, the guard against a cold deep link, the sidebar."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import background, state
from recsys_core.i18n import N_, _

ROOT = Path(__file__).resolve().parent.parent.parent
ICON = str(ROOT / "assets" / "icon.png")
NAME = "Recsys Studio"
_FRAMED = "shell_framed"

PAGES: dict[str, list[tuple[str, str, str]]] = {
    "": [("home", N_("Home"), ":material/home:")],
    N_("Data"): [
        ("explore", N_("Explore"), ":material/travel_explore:"),
        ("prepare", N_("Prepare"), ":material/upload_file:"),
    ],
    N_("Models"): [
        ("train", N_("Train"), ":material/model_training:"),
        ("metrics", N_("Metrics"), ":material/leaderboard:"),
    ],
    N_("Demo"): [("recommend", N_("Recommend"), ":material/recommend:")],
    N_("Scenarios"): [("cold_start", N_("Cold start"), ":material/person_add:")],
}


def file_of(page: str) -> str:
    """The path that st.page_link and st.switch_page take."""
    return f"pages/{page}.py"


def _table() -> dict[str, list[st.Page]]:
    return {
        _(section): [
            st.Page(file_of(name), title=_(title), icon=icon, default=name == "home")
            for name, title, icon in pages
        ]
        for section, pages in PAGES.items()
    }


def frame() -> None:
    """What app.py does: navigation, sidebar, then the page."""
    # Before st.navigation, or the browser asks a font server for the page's icon.
    st.set_page_config(page_title=NAME, page_icon=ICON, layout="wide")
    page = st.navigation(_table())
    st.set_page_config(page_title=f"{page.title} · {NAME}", page_icon=ICON, layout="wide")
    background.start()
    st.logo(str(ROOT / "assets" / "logo.png"), size="large")
    with st.sidebar:
        state.sidebar()
    st.session_state[_FRAMED] = True  # for this run of the script only: a later one may be without a frame
    try:
        page.run()
    finally:
        del st.session_state[_FRAMED]


def guard() -> None:
    """First line of every page. Opened cold, the page runs without app.py; this sends it through app.py once."""
    if _FRAMED not in st.session_state:
        st.set_page_config(page_title=NAME, page_icon=ICON, layout="wide")
        st.navigation(_table(), position="hidden")
        st.rerun()
