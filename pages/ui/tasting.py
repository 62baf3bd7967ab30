"""The rounds of the taste test: who sits before the two lists, the lists, the votes."""

from __future__ import annotations

import secrets
import typing
from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from pages.ui.links import linked
from recsys_core.columns import ITEM, ITEM_ROW, TITLE, USER
from recsys_core.data.dataset import Dataset
from recsys_core.errors import RecsysError
from recsys_core.i18n import _, ngettext
from recsys_core.models import registry
from recsys_core.runs import Run
from recsys_core.scenarios.lists import Serving, history_of
from recsys_core.scenarios.taste import (
    LEFT,
    RIGHT,
    SAME,
    Round,
    Tally,
    Vote,
    cast,
    draw_round,
    person_of_picks,
    picks_round,
)

ANYBODY = ""
MANY_USERS = 20_000
MOST_PICKS = 5
CATALOGUE_SHOWN = 5_000
HISTORY_SHOWN = 6
CHIPS_SHOWN = 3
TILE = 165
"""Pixels: two beside each other on a telephone."""
_SEED, _NUMBER, _PERSON, _JUDGED = "tasting_seed", "tasting_number", "person", "tasting_judged"


def comparable(runs: list[Run]) -> list[Run]:
    """The runs on the split that most of them share: only those left the same rows out."""
    splits = pd.Series([(run.config.split, run.config.split_seed) for run in runs], dtype=object)
    if not len(splits):
        return []
    common = splits.value_counts().index[0]
    return [run for run, split in zip(runs, splits, strict=True) if split == common]


def usual(runs: list[Run]) -> list[str]:
    """Ids in the order in which they are offered: models before floors, popularity first among these."""

    def place(run: Run) -> tuple[bool, bool]:
        return registry.spec(run.config.model).floor, run.config.model != "popularity"

    models = [run.id for run in sorted(runs, key=place)]
    popularity = next((run.id for run in runs if run.config.model == "popularity"), models[-1])
    return list(dict.fromkeys([models[0], popularity, *models]))


def run_key(key: str, first: str, options: Collection[str]) -> str:
    """The key of a control that chooses a run; the address always names it, or new runs would change what it shows."""
    if key not in st.query_params and st.session_state.get(key) not in options:
        st.session_state[key] = first
    linked(key, "", options=options)
    if st.session_state[key] not in options:  # the address named one that is not here
        st.session_state[key] = first
        st.query_params[key] = first
    return key


def session() -> str:
    """A name for this session, so that its votes can be told from those of others."""
    return f"{_seed():08x}"


def _seed() -> int:
    if _SEED not in st.session_state:
        st.session_state[_SEED] = secrets.randbits(32)
    return int(st.session_state[_SEED])


def next_round() -> None:
    """Somebody else, and the sides drawn anew."""
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1
    st.session_state[_PERSON] = ANYBODY


def ask_person(data: Dataset) -> str:
    """The id of the person to be served; ANYBODY for somebody at random."""
    label, known = data.words.user.capitalize(), set(data.users[USER])
    key = linked(_PERSON, ANYBODY, options=known | {ANYBODY})
    meaning = _("Somebody by id, for one round. Empty: drawn anew each round.")
    if data.n_users > MANY_USERS:
        return st.text_input(label, key=key, help=meaning) or ANYBODY
    return st.selectbox(
        label,
        [ANYBODY, *data.users[USER]],
        key=key,
        format_func=lambda user: user or _("At random"),
        help=meaning,
    )


def ask_picks(data: Dataset) -> list[int]:
    """Rows of the items that you picked."""
    counts = data.interactions[ITEM_ROW].value_counts()
    order = [*counts.index, *data.items.index.difference(counts.index)][:CATALOGUE_SHOWN]
    named = data.items[[ITEM, TITLE]].iloc[order]
    twice = named[TITLE].duplicated(keep=False)
    titles = dict(
        zip(named[ITEM], named[TITLE].where(~twice, named[TITLE] + " · " + named[ITEM]), strict=True)
    )
    picked = st.multiselect(
        _("Pick up to {n} {items} you love").format(n=MOST_PICKS, items=data.words.items),
        list(titles),
        key=linked("loved", [], options=titles),
        persist_state="session",
        format_func=lambda item: titles.get(item, item),
        max_selections=MOST_PICKS,
        filter_mode="contains",
        select_all=False,
        placeholder=_("Type a title"),
    )
    return [int(row) for row in data.item_rows(picked)] if picked else []


def show_round(
    data: Dataset,
    servings: tuple[Serving, Serving],
    pair: tuple[str, str],
    labels: dict[str, str],
    *,
    user: str | None,
    picks: list[int],
    you: bool,
    k: int,
    named: bool,
) -> None:
    """One round: the person, the two lists and the three answers; or why there is none."""
    number = int(st.session_state.get(_NUMBER, 0))
    if you:
        drawn = _yours(data, servings, pair, picks, number, k)
        if drawn is None:
            return
        person = person_of_picks(servings[0], picks)
    else:
        row = int(data.user_rows(user)[0]) if user else None
        drawn = draw_round(servings, seed=_seed(), number=number, k=k, user=row)
        row = typing.cast("int", drawn.user)  # drawn from the data: one of its users
        person = str(data.users[USER].iloc[row])
        _show_person(data, servings[0], drawn, person)
    if drawn.same:
        _show_no_choice(drawn, you=you)
        return
    sides = pair[::-1] if drawn.swapped else pair
    vote = {"left": sides[0], "right": sides[1], "person": person, "id": f"{session()}-{number}"}
    _show_lists(data, drawn, vote, [labels[run] for run in sides] if named else None, you=you)


def _yours(
    data: Dataset,
    servings: tuple[Serving, Serving],
    pair: tuple[str, str],
    picks: list[int],
    number: int,
    k: int,
) -> Round | None:
    strangers = [one for one in servings if not one.scorer.can.new_users]
    if strangers:
        st.warning(
            _("One of these models knows people by their id only and cannot serve you. Choose another run."),
            icon=":material/person_off:",
        )
        return None
    if not picks:
        st.info(
            _("Pick a few {items} first, and two lists for you appear.").format(items=data.words.items),
            icon=":material/touch_app:",
        )
        return None
    if (pair, person_of_picks(servings[0], picks)) in st.session_state.get(_JUDGED, set()):
        st.success(
            _("Counted. Change a pick, and there are two new lists to judge."), icon=":material/check:"
        )
        return None
    return picks_round(servings, picks, seed=_seed(), number=number, k=k)


def _show_person(data: Dataset, serving: Serving, drawn: Round, person: str) -> None:
    if drawn.skipped and not drawn.same:
        st.caption(
            ngettext(
                "One {user} was passed over: both runs give them the same list.",
                "{n} {users} were passed over: both runs give each of them the same list.",
                drawn.skipped,
            ).format(n=drawn.skipped, user=data.words.user, users=data.words.users)
        )
    assert drawn.user is not None
    history = history_of(serving, drawn.user)
    known = history[history["part"] == "train"]
    newest = [f"{parts.plain(title, 60)}" for title in known[TITLE].head(HISTORY_SHOWN)]
    more = _(" and {n} more").format(n=len(known) - len(newest)) if len(known) > len(newest) else ""
    st.markdown(
        _("**{user}** {verb}, newest first: {titles}{more}.").format(
            user=parts.plain(person), verb=data.words.verb, titles="; ".join(newest) or "–", more=more
        )
    )


def _show_no_choice(drawn: Round, *, you: bool) -> None:
    text = (
        _("Both runs give you the same list: there is nothing to choose. Change a pick.")
        if you
        else _("Both runs give the same list here: there is nothing to choose.")
        if not drawn.skipped
        else _("{n} people were tried, and both runs give each of them the same list.").format(
            n=drawn.skipped + 1
        )
    )
    st.info(text, icon=":material/equal:")
    if not you:
        st.button(_("Next person"), key="taste_next", icon=":material/skip_next:", on_click=next_round)


def _show_lists(
    data: Dataset, drawn: Round, vote: dict[str, str], names: list[str] | None, *, you: bool
) -> None:
    sides = (
        (LEFT, drawn.left, _("Left"), _("The left one")),
        (RIGHT, drawn.right, _("Right"), _("The right one")),
    )
    for place, (column, (choice, table, heading, answer)) in enumerate(
        zip(st.columns(2, gap="medium"), sides, strict=True)
    ):
        with column, st.container(border=True, height="stretch"):
            st.subheader(parts.plain(names[place]) if names else heading, anchor=False)
            for _place, line in table.iterrows():
                chips = parts.chips(parts.attribute_values(line, data.item_attributes, CHIPS_SHOWN))
                st.markdown(
                    f"**{int(line['rank'])}** &nbsp; **{parts.plain(line[TITLE], 60)}** &nbsp; {chips}"
                )
            if not names:
                _answer(answer, choice, vote, you=you, kind="primary")
    if names and not you:
        st.button(_("Next person"), key="taste_next", icon=":material/skip_next:", on_click=next_round)
    elif not names:
        _answer(_("Both the same"), SAME, vote, you=you)


def _answer(label: str, choice: str, vote: dict[str, str], *, you: bool, kind: Any = "secondary") -> None:
    st.button(
        label,
        key=f"taste_{choice}",
        type=kind,
        width="stretch",
        on_click=_vote,
        args=(choice, vote, you),
    )


def _vote(choice: str, vote: dict[str, str], you: bool) -> None:
    """Counts the answer and goes on; a second click on the same round, or in the same moment, does nothing."""
    try:
        counted = cast(Vote(choice=choice, session=session(), actor=state.ACTOR, **vote))
    except RecsysError as problem:
        st.toast(parts.plain(problem, parts.LONGEST_SENTENCE), icon=":material/error:")
        return
    if counted:
        if you:
            pair = tuple(sorted((vote["left"], vote["right"])))
            st.session_state.setdefault(_JUDGED, set()).add((pair, vote["person"]))
        next_round()


def show_tally(counted: Tally, first: str, second: str) -> None:
    """The counts behind the sentence."""
    figures = (
        (first, counted.first, _("Votes that preferred this run's list.")),
        (second, counted.second, _("Votes that preferred this run's list.")),
        (_("Both the same"), counted.same, _("Left out of the share and its interval.")),
        (
            _("p-value"),
            f"{counted.p_value:.3f}",
            _("How often chance alone would give a result at least as uneven (exact binomial test)."),
        ),
    )
    with st.container(horizontal=True):
        for label, value, meaning in figures:
            st.metric(parts.plain(label), value, help=meaning, border=True, width=TILE)
