"""Map: how a model sees items or users, in two dimensions; and how far to trust the picture."""

from pages.ui import cached, guards, map_controls, map_drawing, map_point, parts, shell, state

shell.guard()

from recsys_core.errors import NotSupported  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.scenarios.embedding_map import METHODS, check_mappable  # noqa: E402

parts.title(_("Map"), _("What does the model take to be alike?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to map yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
run = state.run()
if run is None:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
try:
    check_mappable(run.config.model, data.words)
except NotSupported as problem:
    parts.empty(
        parts.plain(problem.what, parts.LONGEST_SENTENCE) + ".", _("Train a model that learns"), "train"
    )
with parts.boundary():
    serving = cached.serving(run.id, data.fingerprint)
    asked = map_controls.ask(serving)
    finish = None
    found = map_drawing.drawn(run, serving, asked)
    if found is None or found.method != asked.method:
        finish = map_drawing.offer(run, serving, asked, found)
    if found is not None:
        coloured = map_drawing.coloured(run, serving, found, asked.colour)
        chosen = map_controls.search(asked.place, coloured.points)
        if coloured.said:
            parts.answer(coloured.said)
        left, right = map_drawing.columns()
        with left:
            map_drawing.show(serving, found, coloured, asked, chosen)
        with right:
            map_point.show(serving, found, coloured, chosen)
parts.code("map", run=run.id, of=asked.of, method=asked.method)
parts.about(
    _(
        "A model holds a vector for everything it knows. The vectors of {items} are made from how the model scores them for "
        "a sample of {users}; those of {users} from how it scores the most chosen {items} for each. So the same question "
        "can be asked of every model, and for a product of factors the answer is its embeddings."
    ).format(items=data.words.items, users=data.words.users),
    *[f"**{_(name)}**: {_(what).format(items=data.words.items)}" for name, what in METHODS.values()],
    _(
        "**Neighbours** are always those of the full space, not of the picture. How many of them are neighbours in the "
        "picture too stands below it."
    ),
)
if finish:
    finish()
