"""Worth of a feature: a model with an attribute, without it, and with its values shuffled as a control."""

from pages.ui import guards, parts, shell, state, worth_controls, worth_measuring, worth_shown

shell.guard()

from recsys_core.i18n import _  # noqa: E402
from recsys_core.scenarios.worth import kept_worth, kept_worths  # noqa: E402
from recsys_core.training.worth import ask  # noqa: E402

parts.title(_("Worth of a feature"), _("Does an attribute help a model, or does it only add weights?"))
data = state.dataset()
if data is None:
    parts.empty(_("No attribute to measure yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
asked = worth_controls.ask(data)
finish, found = None, None
with parts.boundary():
    question = (
        ask(data, asked.model, asked.attribute, split=asked.split, k=asked.k, seeds=asked.seeds)
        if asked is not None
        else None
    )
    found = kept_worth(question) if question is not None else None
    if found is not None:
        worth_shown.show(found, data)
    elif question is not None:
        finish = worth_measuring.offer(question)
worth_shown.listed(kept_worths(data.fingerprint), data)
worth_shown.explain(data, asked)
if finish:
    finish()
