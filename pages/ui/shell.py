"""The frame round every page: the table of pages, the guard against a cold deep link, the sidebar."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import background, pinning, state
from recsys_core.i18n import N_, _

ROOT = Path(__file__).resolve().parent.parent.parent
ICON = str(ROOT / "assets" / "icon.png")
NAME = "Recsys Studio"
SLIDE = "slide"
"""The parameter of the board's address that shows one pin after the other, alone on the screen."""
_FRAMED, _SHOWING = "shell_framed", "shell_showing"

PAGES: dict[str, list[tuple[str, str, str]]] = {
    "": [("home", N_("Home"), ":material/home:")],
    N_("Data"): [
        ("explore", N_("Explore"), ":material/travel_explore:"),
        ("prepare", N_("Prepare"), ":material/upload_file:"),
    ],
    N_("Models"): [
        ("train", N_("Train"), ":material/model_training:"),
        ("tune", N_("Tune"), ":material/tune:"),
        ("metrics", N_("Metrics"), ":material/leaderboard:"),
        ("audit", N_("Split auditor"), ":material/policy:"),
        ("map", N_("Map"), ":material/scatter_plot:"),
        ("worth", N_("Worth of a feature"), ":material/balance:"),
    ],
    N_("Demo"): [
        ("recommend", N_("Recommend"), ":material/recommend:"),
        ("taste", N_("Taste test"), ":material/thumbs_up_down:"),
        ("present", N_("Present"), ":material/slideshow:"),
    ],
    N_("Scenarios"): [
        ("cold_start", N_("Cold start"), ":material/person_add:"),
        ("diversity", N_("Diversity"), ":material/shuffle:"),
    ],
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


def names() -> list[str]:
    """Every page, as it stands in the address."""
    return [name for pages in PAGES.values() for name, _title, _icon in pages]


def title_of(name: str) -> str:
    """What the menu calls a page; its name where it is none of ours."""
    titles = {page: title for pages in PAGES.values() for page, title, _icon in pages}
    return _(titles.get(name, name))


def frame() -> None:
    """What app.py does: navigation, sidebar, then the page. While slides are shown there is only the slide."""
    # Before st.navigation, or the browser asks a font server for the page's icon.
    st.set_page_config(page_title=NAME, page_icon=ICON, layout="wide")
    page = st.navigation(_table(), expanded=True)
    name = page.url_path or "home"
    st.set_page_config(page_title=f"{page.title} · {NAME}", page_icon=ICON, layout="wide")
    background.start()
    pinning.follow()
    if name == pinning.BOARD and SLIDE in st.query_params:
        st.session_state[_SHOWING] = True
        st.set_page_config(initial_sidebar_state="collapsed")
        st.navigation(_table(), position="hidden")
        state.keep()
    else:
        if st.session_state.pop(_SHOWING, False):
            st.set_page_config(initial_sidebar_state="auto")
        st.logo(str(ROOT / "assets" / "logo.png"), size="large")
        with st.sidebar:
            state.sidebar()
            pinning.control(name, names())
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
