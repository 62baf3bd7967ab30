"""Controls of a page that are part of its address: a link shows the same view, and Back comes back to it.

`bind="query-params"` would do, but on Back it puts a page's own controls back to their defaults (Streamlit
1.67: the history entry of the page that was left has lost its parameters, and a missing one means the default).
The sidebar's two choices stand on every page and are bound.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from recsys_core.i18n import _

_KNOWN = "links_known"


def linked(
    key: str,
    default: Any,
    *,
    options: Collection[Any] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """Makes the widget of this key, created next and without a value, part of the address; gives the key back.

    The first time, the address decides; after that the session does, on every page, and the address follows.
    What is not an option or out of range falls back to the default.

    Args:
        default: its type is the type of the values: int, float, str, or a list of str.
        options: allowed values (of each entry, where the value is a list).
        low, high: the range, both ends included.
    """
    st.session_state.setdefault(_KNOWN, set()).add(key)
    asked = st.query_params.get_all(key) if key not in st.session_state else []
    wish = _read(asked, default) if asked else st.session_state.get(key, default)
    value = _allowed(wish, default, options, low, high)
    st.session_state[key] = value
    if asked and value != wish:
        fallen_back(key, ", ".join(asked))
    _write(key, value, default)
    return key


def forget() -> None:
    """Lets the address decide again: what this session chose on any page is forgotten."""
    for key in st.session_state.get(_KNOWN, ()):
        st.session_state.pop(key, None)


def fallen_back(what: str, asked: str) -> None:
    """Says that the address asks for something that is not here, so that nobody takes another view for it."""
    text = _("The address asks for {what} = {asked}, which is not here; the default is shown.")
    st.toast(text.format(what=what, asked=repr(asked[:60])), icon=":material/link_off:", duration="long")


def _allowed(
    wish: Any, default: Any, options: Collection[Any] | None, low: float | None, high: float | None
) -> Any:
    if isinstance(wish, list):
        return [one for one in wish if options is None or one in options]
    fits = wish is not None and (options is None or wish in options)
    fits = fits and (low is None or low <= wish) and (high is None or wish <= high)
    return wish if fits else default


def _read(texts: list[str], default: Any) -> Any:
    """The address's text as a value of the default's type; None where it is none."""
    if isinstance(default, list):
        return list(dict.fromkeys(texts))
    try:
        return type(default)(texts[-1])
    except ValueError:
        return None


def _texts(value: Any) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else [str(value)]


def _write(key: str, value: Any, default: Any) -> None:
    wanted = [] if value == default else _texts(value)
    if st.query_params.get_all(key) != wanted:
        if wanted:
            st.query_params[key] = wanted if isinstance(value, list) else wanted[0]
        else:
            st.query_params.pop(key, None)
