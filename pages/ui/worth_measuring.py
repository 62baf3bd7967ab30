"""Worth of a feature: the button that measures, what it will take, and the process behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import following, parts
from recsys_core.evaluation.meanings import duration, title
from recsys_core.i18n import _, ngettext
from recsys_core.scenarios.worth import Outlook, outlook
from recsys_core.scenarios.worth_told import measuring
from recsys_core.training.worth import Question


def offer(question: Question) -> Callable[[], None] | None:
    """What would be here, and the button; what is left to do at the very end of the page."""
    question.judged_on()  # what cannot be judged is refused before anybody waits
    expected = outlook(question)
    with st.container(border=True):
        st.markdown(
            _(
                "The model learns with {column}, without it, and with its values shuffled, {n} times each. All are judged by "
                "{metric} on the validation rows; test is not touched."
            ).format(
                column=parts.plain(question.attribute.name), n=question.seeds, metric=title(question.metric)
            )
        )
        st.markdown(_takes(expected))
        button, line = st.empty(), st.empty()
        clicked = button.button(_("Measure"), key="worth_measure", type="primary", icon=":material/balance:")
    return (lambda: _measure(question, button, line)) if clicked else None


def _takes(expected: Outlook) -> str:
    text = ngettext("{n} training", "{n} trainings", expected.left).format(n=expected.left)
    if expected.left < expected.of:
        text += " " + _("({n} of {of} are kept from before)").format(
            n=expected.of - expected.left, of=expected.of
        )
    if expected.seconds is None:
        return text + ". " + _("How long they take shows as soon as the first one has begun.")
    return text + ", " + _("about {time}.").format(time=duration(expected.seconds))


def _measure(question: Question, button: Any, place: Any) -> None:
    button.empty()
    command = ["worth", "--data", question.data.name, "--model", question.model]
    command += ["--attribute", str(question.attribute), "--split", str(question.split)]
    command += [
        "--split-seed",
        str(question.split.seed),
        "--seeds",
        str(question.seeds),
        "--k",
        str(question.k),
    ]
    refused = following.follow(command, place, key="worth_stop", words=measuring)
    if refused:
        place.empty()
        parts.error(refused)
    else:
        st.rerun()
