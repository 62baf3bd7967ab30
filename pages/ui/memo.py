"""Results that take seconds, remembered for all sessions; unlike a cached function, making one may show progress."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(kind: str) -> OrderedDict[Hashable, object]:
    return OrderedDict()


def remembered(kind: str, key: Hashable, make: Callable[[], T], most: int = 3) -> T:
    """The result of `make` for this key: made once, the last `most` are kept; nobody changes one."""
    kept = _kept(kind)
    if key in kept:
        return kept[key]  # type: ignore[return-value]
    made = make()
    kept[key] = made
    while len(kept) > most:
        kept.popitem(last=False)
    return made


def is_remembered(kind: str, key: Hashable) -> bool:
    """Whether asking for it takes no time."""
    return key in _kept(kind)
