"""Recommend's what-if: edits of a user's history and attributes, in the address, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.ui import cached, parts, recommend_attributes, recommend_list
from pages.ui.links import linked
from pages.ui.recommend_controls import Asked
from recsys_core.columns import ITEM, ITEM_ROW, TITLE, USER, VALUE, Kind
from recsys_core.i18n import _
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.what_if import Edits, WhatIf, edited_history

OUT, ADD, RATED, OWNER = "out", "add", "rated", "recommend_edited"
PANEL = "recommend_what_if"
FEW_VALUES = 11
MOST_OPTIONS = 5000
MOST_FOUND = 50


@st.cache_resource(max_entries=4, show_spinner=False)
def _labels(name: str, fingerprint: str) -> dict[str, str]:
    """What every item is called, by its id, the most chosen first: a repeated title with the id."""
    data = cached.dataset(name, fingerprint)
    counts = np.bincount(data.interactions[ITEM_ROW], minlength=data.n_items)
    items = data.items[[ITEM, TITLE]].iloc[np.argsort(-counts, kind="stable")]
    twice = items[TITLE].duplicated(keep=False)
    texts = items[TITLE].where(~twice, items[TITLE] + " · " + items[ITEM])
    return dict(zip(items[ITEM], texts, strict=True))


def forget() -> None:
    """Puts everything back."""
    for key in (OUT, ADD, RATED):
        st.session_state[key] = []
    for key in [one for one in st.session_state if str(one).startswith(recommend_attributes.PREFIX)]:
        del st.session_state[key]
        st.query_params.pop(str(key), None)


def panel(serving: Serving, user: int) -> Edits:
    """The controls that edit this user; the edits. Those of another user are forgotten."""
    owner = str(serving.data.users[USER].iloc[user])
    if st.session_state.get(OWNER, owner) != owner:
        forget()
    st.session_state[OWNER] = owner
    asked = any(key in st.query_params or st.session_state.get(key) for key in (OUT, ADD, RATED))
    asked = asked or any(str(key).startswith(recommend_attributes.PREFIX) for key in st.query_params)
    words = serving.data.words
    label = _("What if this {user} had chosen otherwise?").format(user=words.user)
    if asked and PANEL not in st.session_state:
        st.session_state[PANEL] = True
    box = st.expander(label, icon=":material/alt_route:", key=PANEL, on_change="rerun")
    if not (box.open or asked):  # closed and without an edit: nothing in it is drawn
        return Edits()
    with box:
        if serving.scorer.can.fixed:
            st.markdown(
                _(
                    "These scores were made elsewhere, so nothing can be asked anew. Choose a run that was trained here."
                )
            )
            return Edits()
        return _controls(serving, user)


def _controls(serving: Serving, user: int) -> Edits:
    left, right = st.columns(2, gap="medium")
    removed = _leave_out(left, serving, user)
    added = _add(right, serving)
    rated = _rate(serving, user, Edits(removed, added)) if serving.data.kind is Kind.RATING else {}
    edits = Edits(removed, added, rated, recommend_attributes.edited(serving, user))
    st.button(
        _("Put everything back"),
        key="recommend_back",
        on_click=forget,
        disabled=not edits,
        icon=":material/undo:",
    )
    return edits


def drawer(serving: Serving, asked: Asked, edits: Edits) -> None:
    """The lines that make the view: of a list, or of both lists where there are edits."""
    filters = asked.filters
    if not edits:
        parts.code(
            "recommend",
            run=serving.run_id,
            user=asked.user,
            k=asked.k,
            strength=asked.strength,
            only=filters.only,
            since=filters.since,
            least=filters.least,
            again=asked.again,
        )
        return
    ids = serving.data.item_vocabulary.ids
    rated = ids(np.array(list(edits.values), dtype=np.int64)).tolist()
    parts.code(
        "what_if",
        run=serving.run_id,
        user=asked.user,
        k=asked.k,
        strength=asked.strength,
        only=filters.only,
        since=filters.since,
        least=filters.least,
        again=asked.again,
        removed=ids(np.array(edits.removed, dtype=np.int64)),
        added=ids(np.array(edits.added, dtype=np.int64)),
        rated=dict(zip(rated, edits.values.values(), strict=True)),
        attributes=edits.attributes,
    )


def _choose(place: Any, label: str, options: dict[str, str], key: str, **named: Any) -> list[str]:
    return list(
        place.multiselect(
            label,
            list(options),
            key=linked(key, [], options=options),
            persist_state="session",
            format_func=lambda one: options.get(one, one),
            filter_mode="contains",
            select_all=False,
            placeholder=_("Type a title"),
            **named,
        )
    )


def _named(serving: Serving, rows: np.ndarray) -> dict[str, str]:
    labels = _labels(serving.data.name, serving.data.fingerprint)
    return {one: labels[one] for one in serving.data.item_vocabulary.ids(rows)}


def _rows(serving: Serving, ids: list[str]) -> tuple[int, ...]:
    return tuple(serving.data.item_vocabulary.rows(ids).tolist()) if ids else ()


def _leave_out(place: Any, serving: Serving, user: int) -> tuple[int, ...]:
    words = serving.data.words
    label = _("Leave out of what they {verb}").format(verb=words.verb)
    mine = _named(serving, serving.history(user)[::-1])
    return _rows(
        serving, _choose(place, label, mine, OUT, help=_("The newest first; held-out rows are not known."))
    )


def _add(place: Any, serving: Serving) -> tuple[int, ...]:
    words = serving.data.words
    labels = _labels(serving.data.name, serving.data.fingerprint)
    label = _("Add {items}").format(items=words.items)
    told = _("They come last, as the newest.")
    if serving.data.kind is Kind.RATING:
        told += " " + _("They count as {best:g} {value}; rate them anew below.").format(
            best=serving.data.value_range[1], value=words.value
        )
    if len(labels) > MOST_OPTIONS:
        labels = _found(place, serving, labels)
    return _rows(serving, _choose(place, label, labels, ADD, help=told))


def _found(place: Any, serving: Serving, labels: dict[str, str]) -> dict[str, str]:
    """In a large catalogue: what fits a search, and what was chosen before."""
    text = place.text_input(
        _("Search {items} by title").format(items=serving.data.words.items),
        key=linked("find", ""),
        persist_state="session",
        placeholder=_("A part of the title"),
    )
    wanted = str(text).strip().lower()
    kept = {*st.session_state.get(ADD, []), *st.query_params.get_all(ADD)}
    fitting = [one for one, title in labels.items() if wanted in title.lower()][:MOST_FOUND]
    return {one: labels[one] for one in dict.fromkeys([*(one for one in kept if one in labels), *fitting])}


def _rate(serving: Serving, user: int, edits: Edits) -> dict[int, float]:
    """New values of items of the edited history: a control for one more, and those that were given, to be undone."""
    data, words = serving.data, serving.data.words
    history, values = edited_history(data, serving.history(user), serving.values(user), edits)
    given = dict(zip(history.tolist(), values.tolist(), strict=True))
    options = _named(serving, history[::-1])
    row = st.columns([4, 3, 1.3], vertical_alignment="bottom")
    item = row[0].selectbox(
        _("Rate anew"),
        list(options),
        index=None,
        key="recommend_rate_item",
        format_func=lambda one: options.get(one, one),
        filter_mode="contains",
        placeholder=_("One of what they {verb}").format(verb=words.verb),
    )
    _value(row[1], serving)
    row[2].button(
        _("Rate"), key="recommend_rate", on_click=_add_rating, disabled=item is None, width="stretch"
    )
    return _rated(serving, given)


def _value(place: Any, serving: Serving) -> None:
    """The value that is to be given: one of those that occur, where they are few."""
    label, steps = serving.data.words.value.capitalize(), np.unique(serving.data.interactions[VALUE])
    if len(steps) <= FEW_VALUES:
        place.select_slider(label, steps.tolist(), key="recommend_rate_value", format_func=_short)
    else:
        place.slider(label, *serving.data.value_range, key="recommend_rate_value")


def _add_rating() -> None:
    item, value = st.session_state["recommend_rate_item"], st.session_state["recommend_rate_value"]
    others = [one for one in st.session_state.get(RATED, []) if one.rpartition("=")[0] != item]
    st.session_state[RATED] = [*others, f"{item}={_short(value)}"]
    st.session_state["recommend_rate_item"] = None


def _rated(serving: Serving, given: dict[int, float]) -> dict[int, float]:
    """The new values by item row; what is no item of the edited history, or no value, is dropped."""
    texts = st.session_state[RATED] if RATED in st.session_state else st.query_params.get_all(RATED)
    read = {text: _rating(serving, given, text) for text in texts}
    valid = {text: pair for text, pair in read.items() if pair is not None}
    linked(RATED, [], options=valid)
    if not valid:
        return {}
    titles = _labels(serving.data.name, serving.data.fingerprint)
    named = {
        text: f"{titles[text.rpartition('=')[0]]}: {_short(given[row])} → {_short(value)}"
        for text, (row, value) in valid.items()
    }
    st.multiselect(
        _("Rated anew"),
        list(named),
        key=RATED,
        persist_state="session",
        format_func=lambda text: named.get(text, text),
        select_all=False,
    )
    return dict(valid[text] for text in st.session_state[RATED] if text in valid)


def _rating(serving: Serving, given: dict[int, float], text: str) -> tuple[int, float] | None:
    """`item=value` as a row and a number within the range."""
    item, _sign, value = text.rpartition("=")
    row = int(serving.data.item_vocabulary.rows(item)[0])
    try:
        number = float(value)
    except ValueError:
        return None
    low, high = serving.data.value_range
    return (row, number) if row in given and low <= number <= high else None


def _short(value: float) -> str:
    return f"{value:g}"


def before(serving: Serving, other: WhatIf) -> None:
    """The list from the history as it is, what is gone from it marked."""
    st.header(_("Before the edits"))
    with st.container(border=True):
        marks = [f":red-badge[:material/remove: {_('gone')}]" if one else "" for one in other.before["gone"]]
        recommend_list.compact(other.before, marks)
        if other.approximate:
            st.caption(
                _(
                    "Approximate: this model knows people by their id only, so the {users} with the most similar "
                    "histories answered, before and after."
                ).format(users=serving.data.words.users)
            )
