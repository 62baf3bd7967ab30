"""Recommend: who somebody is, the list they would get and why, and what would change it."""

import streamlit as st

from pages.ui import (
    cached,
    guards,
    parts,
    recommend_beside,
    recommend_edits,
    recommend_everybody,
    recommend_list,
    recommend_portrait,
    shell,
    state,
)
from pages.ui.recommend_controls import controls

shell.guard()

from recsys_core.columns import TITLE  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.ranking.rerank import AS_RANKED  # noqa: E402
from recsys_core.scenarios.lists import diversity_of, history_of, user_list  # noqa: E402
from recsys_core.scenarios.what_if import what_if  # noqa: E402

parts.title(_("Recommend"), _("What would this person see, and why?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nobody to recommend to yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
run = state.run()
if run is None:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
words = data.words
with parts.boundary():
    serving = cached.serving(run.id, data.fingerprint)
    asked = controls(serving, run)
    row = int(data.user_rows(asked.user)[0])
    edits = recommend_edits.panel(serving, row)
    dial = asked.dial(serving)
    other = what_if(serving, row, edits, **dial) if edits else None
    chosen = other.after if other else user_list(serving, row, **dial)
    plain = (
        user_list(serving, row, **{**dial, "rerank": AS_RANKED}) if asked.strength and not other else chosen
    )
    history = history_of(serving, row)

sentence = _("{model}: {hits} of {n} held-out {items} found in this list of {k}.").format(
    model=run.config.name
    if registry.spec(run.config.model).elsewhere
    else _(registry.spec(run.config.model).title),
    hits=int(chosen["hit"].sum()),
    k=len(chosen),
    items=words.items,
    n=int((history["part"] == "test").sum()),
)
if other:
    sentence += " " + other.sentence(edits)
elif asked.strength:
    sentence += " " + _(
        "The dial changed {n} of them: difference within the list {before:.2f} → {after:.2f}."
    ).format(
        n=len(recommend_list.came_in(plain, chosen)),
        before=diversity_of(serving, plain),
        after=diversity_of(serving, chosen),
    )
parts.answer(sentence)
if asked.beside:
    with parts.boundary():
        recommend_beside.show(serving, run, row, asked)

listed, past = st.columns([1.25, 1], gap="medium")
with listed:
    st.header(_("The list"))
    made_of = (
        (other.history, other.values, other.attributes)
        if other
        else (serving.history(row), serving.values(row), serving.attributes(row))
    )
    recommend_list.cards(serving, chosen, made_of, fresh=recommend_list.came_in(plain, chosen))
    if not other:
        recommend_list.gone([data.items[TITLE].iloc[one] for one in recommend_list.came_in(chosen, plain)])
    recommend_list.download(chosen)
with past:
    if other:
        recommend_edits.before(serving, other)
    recommend_portrait.show(serving, row, history)
finish = recommend_everybody.section(serving, asked.k, asked.rerank)
recommend_edits.drawer(serving, asked, edits)
parts.about(
    _(
        "The model scores the whole catalogue; what this {user} already chose in training is left out; the best stay."
    ).format(user=words.user),
    _(
        "**The bar and its number** are the model's score, on the model's own scale: a predicted value where it predicts "
        "values, else a measure that only orders. The bar compares the items of this list."
    ),
    _(
        "**Diversity** re-ranks the first 200: each place goes to the best mix of a high score and being unlike what is "
        "already listed (maximal marginal relevance)."
    ),
    _(
        "**Why**: each past choice is left out in turn (in large catalogues only the newest and the most alike of a long "
        "history); the ones whose absence lowers the score most carry the suggestion."
    ),
    _(
        "**What if**: nothing is trained anew. Both lists, before and after the edits, are made as for somebody just met "
        "with that history, so that only the edits can make a difference."
    ),
)
if finish:
    finish()
