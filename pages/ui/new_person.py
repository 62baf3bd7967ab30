"""Cold start, a new person: picks or answers, attributes; the list, how sure it is, and what each pick changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import cached, parts
from pages.ui.links import linked
from recsys_core.columns import ITEM, ITEM_ROW, TITLE
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run
from recsys_core.scenarios.elicit import next_questions
from recsys_core.scenarios.lists import Serving, loved, picks_lists, reasons
from recsys_core.scenarios.newcomers import hits_expected, person_fields, person_row, steadiness, trust_said
from recsys_core.types import IntArray

MOST_PICKS = 20
CATALOGUE_SHOWN = 20_000
PICK, ASK = "pick", "ask"
PASSED = "cold_start_passed"


def show(serving: Serving, run: Run) -> tuple[list[str], int]:
    """The interactive half; the picks as item ids, and the length of the list."""
    data = serving.data
    if serving.scorer.can.fixed:
        st.warning(
            _(
                "These scores were made elsewhere and name only the {users} of their file: they cannot serve somebody "
                "new. Choose a run on the left that was trained here."
            ).format(users=data.words.users),
            icon=":material/person_off:",
        )
        return [], min(10, data.n_items)
    if not serving.scorer.can.new_users:
        st.warning(
            _(
                "{model} knows people by their id only and cannot serve somebody new. Choose another run on the left, "
                "for instance the history encoder."
            ).format(model=_(registry.spec(run.config.model).title)),
            icon=":material/person_off:",
        )
        return [], min(10, data.n_items)
    picked, attributes, k = _controls(serving)
    with parts.boundary():
        rows = np.asarray(data.item_rows(picked) if picked else [], dtype=np.int64)
        tables = picks_lists(serving, rows, k=k, attributes=attributes)
        values, seed = loved(data, len(rows)), serving.split.spec.seed
        steady = steadiness(serving.scorer, rows, values=values, attributes=attributes, k=k, seed=seed)
    current, before = tables[-1], tables[0]
    new = len(set(current[ITEM_ROW]) - set(before[ITEM_ROW]))
    if picked:
        text = _("{picks} picks changed {new} of {k} places against what everybody gets.").format(
            picks=len(picked), new=new, k=len(current)
        )
    else:
        text = _(
            "Knowing nothing of you, the model gives the list that every newcomer gets. Pick something and watch it change."
        )
    if picked and not serving.scorer.can.personal:
        text += " " + _("This model gives every newcomer the same list, whatever they pick.")
    parts.answer(text)
    _confidence(serving, run, len(picked), steady)
    listed, steps = st.columns([3, 2], gap="medium")
    with listed:
        st.header(_("Your list"))
        _cards(serving, current, rows, attributes, changed=bool(picked))
    with steps:
        st.header(_("What changed with each pick"))
        if not picked:
            st.caption(_("Each pick adds a line here: what came in and what went out."))
        _changes(serving, picked, tables)
    return picked, k


def _controls(serving: Serving) -> tuple[list[str], pd.DataFrame | None, int]:
    data, words = serving.data, serving.data.words
    labels = cached.item_labels(data.name, data.fingerprint, CATALOGUE_SHOWN)
    most = min(50, data.n_items)
    ways = {PICK: _("I pick"), ASK: _("Ask me")}
    with st.container(border=True):
        line = st.columns([4, 1], vertical_alignment="bottom")
        way = line[0].radio(
            _("How you tell it"),
            list(ways),
            key=linked("how", PICK, options=ways),
            persist_state="session",
            format_func=ways.__getitem__,
            horizontal=True,
            help=_("Asked, you answer questions about the {items} that tell most.").format(items=words.items),
        )
        k = line[1].number_input(
            _("How many"),
            1,
            most,
            key=linked("k", min(10, most), low=1, high=most),
            persist_state="session",
        )
        picked = st.multiselect(
            _("Pick up to {n} {items} you love").format(n=MOST_PICKS, items=words.items),
            list(labels),
            key=linked("picks", [], options=labels),
            persist_state="session",
            format_func=lambda item: labels.get(item, item),
            max_selections=MOST_PICKS,
            filter_mode="contains",
            select_all=False,
            placeholder=_("Type a title"),
        )
        if way == ASK:
            _question(serving, picked)
        attributes = _attributes(serving)
    return list(picked), attributes, int(k)


def _question(serving: Serving, picked: list[str]) -> None:
    """The next question: three answers, each brings the next one."""
    data, words = serving.data, serving.data.words
    if len(picked) >= MOST_PICKS:
        st.caption(_("{n} answers are enough. Take some away to go on.").format(n=MOST_PICKS))
        return
    passed = [one for one in st.session_state.get(PASSED, {}).get(data.fingerprint, []) if one not in picked]
    answers: dict[int, bool | None] = dict.fromkeys(map(int, data.item_rows(passed)) if passed else [], None)
    answers |= dict.fromkeys(map(int, data.item_rows(picked)) if picked else [], True)
    asked = next_questions(serving, answers, n=1)
    if not len(asked):
        st.caption(_("There is nothing left to ask about."))
        return
    row = data.items.iloc[int(asked[0])]
    item = str(row[ITEM])
    with st.container(border=True, key="cold_start_question"):
        st.markdown(
            f"**{_('{n}. Do you like this {item}?').format(n=len(answers) + 1, item=words.item)}** "
            f"&nbsp; {parts.plain(row[TITLE])}  \n{parts.chips(parts.attribute_values(row, data.item_attributes))}"
        )
        with st.container(horizontal=True):
            st.button(_("Yes"), key="cold_start_yes", icon=":material/thumb_up:", on_click=_yes, args=(item,))
            for name, text in (("no", _("No")), ("unknown", _("Don't know it"))):
                st.button(text, key=f"cold_start_{name}", on_click=_pass, args=(data.fingerprint, item))
            if answers:
                st.button(
                    _("Start again"),
                    key="cold_start_again",
                    icon=":material/restart_alt:",
                    type="tertiary",
                    on_click=_again,
                    args=(data.fingerprint,),
                )


def _yes(item: str) -> None:
    picks = st.session_state["picks"]
    if item not in picks:  # a double click is one answer
        st.session_state["picks"] = [*picks, item]


def _pass(fingerprint: str, item: str) -> None:
    passed = st.session_state.setdefault(PASSED, {}).setdefault(fingerprint, [])
    if item not in passed:
        passed.append(item)


def _again(fingerprint: str) -> None:
    st.session_state["picks"] = []
    st.session_state.get(PASSED, {}).pop(fingerprint, None)


def _attributes(serving: Serving) -> pd.DataFrame | None:
    """One row of what the person tells of themselves; None where the model reads none or nothing is told."""
    fields = person_fields(serving.data) if serving.scorer.can.attributes else {}
    if not fields:
        return None
    told: dict[str, Any] = {}
    with st.expander(_("About you"), icon=":material/badge:"):
        st.caption(_("This model reads who somebody is, too. What you leave open stays unknown."))
        places = st.columns(min(4, len(fields)))
        for place, (name, values) in enumerate(fields.items()):
            key = f"about_{name}"
            with places[place % len(places)]:
                if values is None:
                    told[name] = st.number_input(name, value=None, key=key, persist_state="session")
                else:
                    told[name] = st.selectbox(
                        name, values, index=None, key=key, persist_state="session", placeholder=_("unknown")
                    )
    return person_row(serving.data, told)


def _confidence(serving: Serving, run: Run, n_picks: int, steady: float) -> None:
    """How sure the list is: what stays, what it was worth for people kept out of training, how far it is trusted."""
    words = serving.data.words
    figures = st.container(horizontal=True, key="cold_start_confidence")
    if n_picks and serving.scorer.can.personal:
        figures.metric(
            _("Steadiness"),
            f"{steady:.0%}",
            help=_(
                "So much of your list stays when any one of your choices is taken away; the mean over them."
            ),
            width=160,
        )
    if serving.split.cold_users:
        table = cached.newcomer_curve(
            run.id, serving.data.fingerprint, run.config.split_spec.protocol.endswith("first")
        )
        expected = hits_expected(table, n_picks)
        if expected is not None:
            hits, known = expected
            figures.metric(
                _("Expected hits in {k}").format(k=run.config.k),
                number(hits),
                help=_(
                    "People kept out of training, known by {n} choices, really chose so many of the {k} {items} that they "
                    "were offered, on average."
                ).format(n=known, k=run.config.k, items=words.items),
                width=160,
            )
    said = trust_said(serving.scorer, n_picks)
    if said:
        st.caption(said)


def _cards(
    serving: Serving,
    current: pd.DataFrame,
    rows: np.ndarray,
    attributes: pd.DataFrame | None,
    *,
    changed: bool,
) -> None:
    data, titles = serving.data, serving.data.items[TITLE]
    because = (
        reasons(
            serving,
            rows,
            current[ITEM_ROW].to_numpy(),
            values=loved(data, len(rows)),
            attributes=attributes,
        )
        if len(rows) > 1
        else [[] for _row in range(len(current))]
    )
    low, high = float(current["score"].min()), float(current["score"].max())
    for (_place, line), carried in zip(current.iterrows(), because, strict=True):
        reason = ""
        if carried:
            names = _(" and ").join(parts.plain(titles.iloc[one]) for one in carried)
            reason = _("because you picked {titles}").format(titles=names)
        share = (line["score"] - low) / (high - low) if high > low else 1.0
        badge = _badge(line["change"]) if changed else ""
        parts.card(line, data.item_attributes, share=0.08 + 0.92 * share, badge=badge, reason=reason)


def _badge(change: Any) -> str:
    """How a place changed against the list before the last pick; missing: it was not there."""
    if pd.isna(change):
        return f":green-badge[{_('new')}]"
    if change == 0:
        return ""
    arrow, word = ("↑", _("up")) if change > 0 else ("↓", _("down"))
    return f":gray-badge[{arrow} {word} {abs(int(change))}]"


def _changes(serving: Serving, picked: list[str], tables: list[pd.DataFrame]) -> None:
    titles = serving.data.items[TITLE]
    rows: Sequence[int] | IntArray = serving.data.item_rows(picked) if picked else []
    for place in range(len(picked), 0, -1):
        before, after = tables[place - 1], tables[place]
        came = [titles.iloc[one] for one in after[ITEM_ROW] if one not in set(before[ITEM_ROW])]
        gone = [titles.iloc[one] for one in before[ITEM_ROW] if one not in set(after[ITEM_ROW])]
        with st.container(border=True):
            st.markdown(f"**{place}. {parts.plain(titles.iloc[rows[place - 1]])}**")
            st.caption(_("came in: {titles}").format(titles=", ".join(map(parts.plain, came)) or "–"))
            st.caption(_("went out: {titles}").format(titles=", ".join(map(parts.plain, gone)) or "–"))
