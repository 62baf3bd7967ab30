"""The board of pins and its slides, drawn; the report for its download button."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import cached, parts, pinning, shell, state
from recsys_core.charts import compare as charts
from recsys_core.charts.theme import page_colours
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import open_dataset
from recsys_core.errors import RecsysError
from recsys_core.evaluation.meanings import meaning
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.pins import LONGEST_SENTENCE, Pin, edit_pin, list_pins, missing, move_pin, remove_pin
from recsys_core.runs import Run, list_runs, open_run
from recsys_core.scenarios.leaderboard import as_table
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.report import make_report
from recsys_core.scenarios.report_page import Look, render
from recsys_core.scenarios.shown import PersonShown, PinShown, pin_shown


def html_of(data: Dataset) -> Callable[[], str]:
    """What makes the report when somebody asks for it; it runs beside the page's script."""

    def made() -> str:
        runs = [one for one in reversed(list_runs()) if one.config.fingerprint == data.fingerprint]
        keyed = [(one.id, one.config.model, registry.spec(one.config.model).floor) for one in runs]
        return render(make_report(data, list_pins()), Look(**page_colours(keyed)))

    return made


def show(place: int) -> None:
    """Puts the pin of that place, from 1, alone on the screen; 0 leads back to the board."""
    if place:
        st.query_params[shell.SLIDE] = str(place)
    else:
        st.query_params.pop(shell.SLIDE, None)


def board_row(pin: Pin, place: int, n_pins: int) -> None:
    """One pin on the board: its sentence, what it shows, and what can be done with it."""
    gone = missing(pin)
    with st.container(border=True, key=f"present_row_{pin.id}"):
        st.markdown(f"**{place + 1}** &nbsp; **{parts.plain(pin.sentence, LONGEST_SENTENCE)}**")
        st.caption(parts.plain(_where(pin, gone=bool(gone)), LONGEST_SENTENCE))
        if gone:
            st.warning(parts.plain(gone), icon=":material/link_off:")
        with st.container(horizontal=True, vertical_alignment="center"):
            if not gone:
                link(pin)
            st.button(
                _("Up"),
                key=f"present_up_{pin.id}",
                icon=":material/arrow_upward:",
                disabled=place == 0,
                on_click=_act,
                args=(move_pin, pin.id, -1),
            )
            st.button(
                _("Down"),
                key=f"present_down_{pin.id}",
                icon=":material/arrow_downward:",
                disabled=place == n_pins - 1,
                on_click=_act,
                args=(move_pin, pin.id, 1),
            )
            _editor(pin)
            st.button(
                _("Remove"),
                key=f"present_remove_{pin.id}",
                icon=":material/delete:",
                on_click=_act,
                args=(remove_pin, pin.id),
            )


def _editor(pin: Pin) -> None:
    with (
        st.popover(_("Edit"), icon=":material/edit:", key=f"present_edit_{pin.id}"),
        st.form(f"present_form_{pin.id}", border=False),
    ):
        key = f"present_sentence_{pin.id}"
        st.text_area(_("What does one see here?"), pin.sentence, key=key, max_chars=LONGEST_SENTENCE)
        st.form_submit_button(_("Keep"), key=f"present_keep_{pin.id}", on_click=_edited, args=(pin.id, key))


def _edited(pin_id: str, key: str) -> None:
    _act(edit_pin, pin_id, st.session_state[key])


def _act(change: Callable[..., None], *given: object) -> None:
    """Changes the board; says what is wrong where it cannot be."""
    try:
        change(*given, actor=state.ACTOR)
    except RecsysError as problem:
        st.toast(parts.plain(problem, parts.LONGEST_SENTENCE), icon=":material/error:")


def link(pin: Pin) -> None:
    """The way to the view itself."""
    st.page_link(
        shell.file_of(pin.page),
        label=_("Open the view"),
        icon=":material/open_in_new:",
        query_params=pinning.address_of(pin),
    )


def _where(pin: Pin, *, gone: bool) -> str:
    run = state.run_label(open_run(pin.run)) if pin.run and not gone else ""
    return " · ".join(part for part in (shell.title_of(pin.page), pin.dataset, run, pin.time[:10]) if part)


def slides(pins: list[Pin]) -> None:
    """One pin alone on the screen, and the way to the others."""
    asked = st.query_params[shell.SLIDE]
    place = (
        min(max(int(asked), 1), len(pins)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    )
    pin = pins[place - 1]
    _steering(place, len(pins))
    st.title(parts.plain(pin.sentence, LONGEST_SENTENCE), anchor=False)
    with st.spinner(_("Looking it up…")):
        shown = pin_shown(pin, opened=_opened)
    st.caption(
        parts.plain(f"{pin.question} · {_where(pin, gone=bool(shown.missing))}".strip(" ·"), LONGEST_SENTENCE)
    )
    if shown.missing:
        st.warning(parts.plain(shown.missing, parts.LONGEST_SENTENCE), icon=":material/link_off:")
        return
    for said in shown.said[:1]:
        parts.answer(said)
    for said in shown.said[1:]:
        st.markdown(parts.plain(said, parts.LONGEST_SENTENCE))
    if shown.person is not None:
        _person(shown.person, open_dataset(pin.dataset))
    elif shown.rows:
        _comparison(shown)
    link(pin)


def _steering(place: int, n_pins: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="present_steering"):
        st.button(
            _("Board"), key="present_board", icon=":material/close:", on_click=show, args=(0,), shortcut="Esc"
        )
        st.button(
            _("Back"),
            key="present_back",
            icon=":material/arrow_back:",
            disabled=place == 1,
            on_click=show,
            args=(place - 1,),
            shortcut="Left",
        )
        st.button(
            _("Next"),
            key="present_next",
            icon=":material/arrow_forward:",
            disabled=place == n_pins,
            on_click=show,
            args=(place + 1,),
            shortcut="Right",
        )
        st.markdown(_("{n} of {all}").format(n=place, all=n_pins))


def _opened(run: Run) -> Serving:
    return cached.serving(run.id, run.config.fingerprint)


def _person(person: PersonShown, data: Dataset) -> None:
    words = data.words
    listed, past = st.columns([1.6, 1], gap="large")
    with listed:
        st.subheader(_("What {user} would get").format(user=parts.plain(person.user)), anchor=False)
        for line in person.lines:
            hit = f" :green-badge[:material/check: {_('held out, hit')}]" if line.hit else ""
            with st.container(border=True, gap="xsmall"):
                st.markdown(
                    f"**{line.rank}** &nbsp; **{parts.plain(line.title)}** {parts.chips(list(line.chips))}{hit}"
                )
                st.caption(parts.plain(line.reason, LONGEST_SENTENCE))
    with past:
        st.subheader(_("What they {verb}, newest first").format(verb=words.verb), anchor=False)
        st.markdown("\n".join(f"- {parts.plain(title)}" for title in person.history))
        st.caption(_("{n} {items} in all to learn from").format(n=person.n_known, items=words.items))


def _comparison(shown: PinShown) -> None:
    data = open_dataset(shown.pin.dataset)
    table = as_table(list(shown.rows), [shown.figure])
    if not len(table):
        return
    colours = {run_id: colour for run_id, colour in state.colours(data).items() if run_id in set(table["id"])}
    st.altair_chart(
        parts.drawn(charts.bars(table, shown.figure, colours, dark=state.dark())), key="present_bars"
    )
    st.caption(meaning(shown.figure, data.words))
