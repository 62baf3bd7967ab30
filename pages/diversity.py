"""Diversity: what more variety costs and brings, for one person and for everybody; and the dial that sets it."""

from pages.ui import (
    cached,
    diversity_controls,
    diversity_frontier,
    diversity_gains,
    diversity_lists,
    diversity_saving,
    guards,
    parts,
    shell,
    state,
)

shell.guard()

from recsys_core.i18n import _  # noqa: E402
from recsys_core.scenarios.before_after import before_after, sentence  # noqa: E402
from recsys_core.scenarios.frontier import said  # noqa: E402

parts.title(_("Diversity"), _("What does more variety cost, and what does it bring?"))
data = state.dataset()
if data is None:
    parts.empty(_("No lists to vary yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
run = state.run()
if run is None:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
with parts.boundary():
    serving = cached.serving(run.id, data.fingerprint)
    asked = diversity_controls.ask(serving)
    row = int(data.user_rows(asked.user)[0])
    found = before_after(serving, row, asked.setting, k=asked.k)
    drawn = cached.frontier(run, serving, asked.k, asked.setting.distance)
    rehearsal = cached.rehearsal(run, data) if drawn is not None else None

told = sentence(found, serving, asked.setting)
if drawn is not None and asked.setting.strength:
    told += " " + said(drawn, asked.setting, data.words)
parts.answer(told)
diversity_lists.show(serving, found)
finish = diversity_frontier.show(run, serving, asked, drawn)
if rehearsal is not None and drawn is not None:
    diversity_gains.show(run, rehearsal, asked, drawn)
diversity_saving.show(run, asked)
parts.code(
    "diversity",
    run=run.id,
    user=asked.user,
    method=asked.setting.method,
    strength=asked.setting.strength,
    distance=asked.setting.distance,
    k=asked.k,
)
parts.about(
    _(
        "A re-ranker picks a list from the model's first 200 for a person. The strength decides what comes in; what is in "
        "stands in the model's own order. At 0 the list is the model's."
    ),
    *diversity_controls.meanings(data),
    _(
        "**The frontier** is measured on validation rows, by the model as it was before it learned from them: one may choose "
        "a setting by it. The test rows are not touched until a setting is saved, and then once. Whiskers are the 95 % "
        "interval over people; changes in percent are paired: the same people, with and without."
    ),
    _(
        "**The knee** is the point of a curve farthest from the straight line between its ends: up to there variety is cheap, "
        "behind it every bit costs more. Only points that lose at most a tenth of NDCG count."
    ),
)
if finish:
    finish()
