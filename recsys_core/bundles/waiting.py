"""Where a run came from, and what one that was brought in without its data waits for, in words."""

from __future__ import annotations

from recsys_core.data.sources import list_sources
from recsys_core.i18n import _
from recsys_core.runs import Run


def came_from(run: Run) -> str:
    """One sentence about the way of a run into this workspace; empty where it was made here."""
    origin = run.origin
    if origin is None:
        return ""
    return _("Made elsewhere by {maker} as run {id}; brought here on {day} by {actor}.").format(
        maker=origin.maker, id=origin.run, day=origin.imported[:10], actor=origin.actor
    )


def waits_for(run: Run) -> str:
    """Which data a waiting run needs and how to get them; empty where its model is built."""
    origin = run.origin
    if origin is None or not run.waiting:
        return ""
    data = origin.data
    told = _(
        "Its figures are shown; lists need data set {name} ({rows:,} rows, {users:,} users, {items:,} items), which is not "
        "part of the file."
    ).format(**{name: data[name] for name in ("name", "rows", "users", "items")})
    return f"{told} {_how(run)} {_('Then import-run {id} builds the model.').format(id=run.id)}"


def _how(run: Run) -> str:
    origin = run.origin
    assert origin is not None
    sources = {str(one["name"]) for one in list_sources()}
    if origin.data["name"] in sources:
        return _("Bring it with: fetch {name}.").format(name=origin.data["name"])
    recipe = run.folder / "recipe.json"
    if recipe.exists():
        return _(
            "Import the same file as it was cleaned: import FILE --name {name} --recipe {recipe}."
        ).format(name=origin.data["name"], recipe=recipe)
    return _("Import the same file again; it came from: {source}.").format(source=origin.data["source"])
