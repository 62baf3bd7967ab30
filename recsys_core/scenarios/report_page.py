"""A report as one HTML page that needs nothing else: no script, no request, light and dark, for print and telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recsys_core.i18n import LANGUAGE, _
from recsys_core.scenarios.report import Report

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a page, by name, in both modes; `runs` by run id: (light, dark)."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    runs: Mapping[str, tuple[str, str]]

    def of(self, run_id: str) -> tuple[str, str]:
        """The colours of a run; those of a floor where it has none."""
        return self.runs.get(run_id, (self.light["floor"], self.dark["floor"]))


def render(report: Report, look: Look) -> str:
    """The page. Every text is escaped by the template engine."""
    page = _environment().get_template("report.html")
    return page.render(
        report=report, look=look, language=LANGUAGE.get(), says=_headings(report), note=_person_note
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["cut"] = cut
    return made


def cut(text: object, longest: int = LONGEST_TITLE) -> str:
    """Data on one line, cut when long."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def _person_note(report: Report, called: str, place: int) -> str:
    """What stands under the name of a person: how much is known, how many hits."""
    person = report.people[place][1]
    words = report.data.words
    return _(
        "{called}: {user}, with {n} {items} to learn from. Of {held} held-out {items}, {hits} stand in this list of {k}."
    ).format(
        called=called,
        user=person.user,
        n=person.n_known,
        held=person.n_held_out,
        hits=person.hits,
        k=len(person.lines),
        items=words.items,
    )


def _headings(report: Report) -> dict[str, str]:
    words = report.data.words
    return {
        "title": _("What to suggest: {name}").format(name=report.data.name),
        "made": _("Made with Recsys Studio, {when}").format(when=report.made),
        "data": _("The data"),
        "question": _("The question"),
        "answer": _("The answer"),
        "sure": _("How sure we are"),
        "sure_note": _("Differences in NDCG for the same {users}, with a 95 % interval over {users}.").format(
            users=words.users
        ),
        "pins": _("Pinned views"),
        "people": _("Three {users} and their lists").format(users=words.users)
        if len(report.people) == 3
        else _("Some {users} and their lists").format(users=words.users),
        "people_note": _(
            "Made by {run}, for people who were chosen by how much they {verb}, not by how well they are served. A check "
            "mark stands at a held-out {item}: one that this {user} went on to choose and the model never saw."
        ).format(run=report.people_from, item=words.item, user=words.user, verb=words.verb),
        "chose": _("What they {verb}, newest first").format(verb=words.verb),
        "gets": _("What they would get"),
        "hit": _("held out, hit"),
        "limits": _("Known limits"),
        "terms": _("Terms and citation of the data"),
        "terms_text": _(report.data.provenance.terms),
        "run": _("run"),
        "chart": _("Bars start at zero; the line across the end of a bar is its 95 % interval."),
        "nobody": _("Nobody's list can be shown: {why}").format(why=report.trouble),
    }
