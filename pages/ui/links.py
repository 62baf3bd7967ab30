"""Controls of a page that are part of its address: a link shows the same view, and Back comes back to it.

`bind="query-params"` would do, but on Back it puts a page's own controls back to their defaults (Streamlit
1.67: the history entry of the page that was left has lost its parameters, and a missing one means the default).
The sidebar's two choices stand on every page and are bound.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st


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
    if key not in st.session_state:
        st.session_state[key] = _read(st.query_params.get_all(key), default)
    value = st.session_state[key]
    if options is not None:
        known = [one for one in value if one in options] if isinstance(default, list) else None
        value = known if known is not None else value if value in options else default
    if low is not None and not low <= value:
        value = default
    if high is not None and not value <= high:
        value = default
    st.session_state[key] = value
    _write(key, value, default)
    return key


def _read(texts: list[str], default: Any) -> Any:
    if not texts:
        return default
    if isinstance(default, list):
        return list(dict.fromkeys(texts))
    try:
        return type(default)(texts[-1])
    except ValueError:
        return default


def _write(key: str, value: Any, default: Any) -> None:
    wanted = [] if value == default else list(map(str, value)) if isinstance(value, list) else [str(value)]
    if st.query_params.get_all(key) != wanted:
        if wanted:
            st.query_params[key] = wanted if isinstance(value, list) else wanted[0]
        else:
            st.query_params.pop(key, None)
