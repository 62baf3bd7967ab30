"""Cold start: what a model offers a person, or makes of an item, that it has never met; and how good that is."""

import streamlit as st

from pages.ui import cached, guards, new_item, new_person, new_person_truth, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.i18n import _  # noqa: E402

parts.title(_("Cold start"), _("What can a model offer somebody it has never met?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to pick from yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
run = state.run()
if run is None:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
who = {"user": _("A new person"), "item": _("A new {item}").format(item=data.words.item)}
asked = st.radio(
    _("Who is new"),
    list(who),
    key=linked("cold_start_who", "user", options=who),
    persist_state="session",
    format_func=who.__getitem__,
    horizontal=True,
)
if asked == "item":
    new_item.show(data, run)
    st.stop()
with parts.boundary():
    serving = cached.serving(run.id, data.fingerprint)

picked, k = new_person.show(serving, run)
new_person_truth.show(data, run)
parts.code("cold_start", run=run.id, picks=picked, k=k)
parts.about(
    _(
        "A model that reads histories needs no id: your picks are a history, one pass through the network gives the list. "
        "Nothing is trained again."
    ),
    _(
        "**Being asked**: the next question is the {item} whose answer would help people with answers like yours most; "
        "a no and a 'don't know' only take it out of the questions."
    ).format(item=data.words.item),
    _(
        "**Steadiness**: how much of your list would stay had you not made one of your choices. A list that turns over "
        "with every pick says little about you yet."
    ),
    _(
        "**The truth beneath** is measured on people who were kept out of training altogether: so many of their choices "
        "are shown to the model, the others must be found in the whole catalogue. The band is the 95 % interval over people."
    ),
    _(
        "**At random or the first by time**: what a person chooses first is no random part of what they choose. It is mostly "
        "what everybody knows, and tells a model less than popularity already does."
    ),
)
