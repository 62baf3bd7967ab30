"""The table of the split auditor: a line a split, what the model reaches there and what the split really asks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts
from recsys_core.data.dataset import Dataset, Words
from recsys_core.data.split_flags import KIND, LEAK
from recsys_core.evaluation.intervals import Interval
from recsys_core.evaluation.meanings import arrow, meaning, number, title
from recsys_core.i18n import N_, _
from recsys_core.scenarios.split_auditor import Auditing, Figure

COLUMNS = {
    "popularity": (N_("Popularity"), N_("What the most popular {items} alone reach, for the same {users}.")),
    "lead": (
        N_("Lead"),
        N_(
            "The model's figure minus popularity's for the same {users} (paired), with the 95 % interval; 0 inside it is a tie."
        ),
    ),
    "verdict": (N_("Verdict"), N_("A leak gives test rows away. Kind: no leak, but asked more kindly than life asks.")),
    "known": (
        N_("Those it knows"),
        N_("The model's figure for the judged {users} who have a training row; popularity's behind the stroke."),
    ),
    "judged": (N_("Judged"), N_("{users} in the means: those with something held out.")),
    "new": (N_("New"), N_("Judged {users} without a training row.")),
    "rows": (N_("To be found"), N_("Held-out {items} of a judged {user}, on average. More of them make a hit easier.")),
    "train": (N_("Train"), N_("Rows that are learned from, with the validation rows; {users} × {items} behind.")),
    "test": (N_("Test"), N_("Rows that only judge; {users} × {items} behind.")),
    "pairs": (
        N_("Pairs in both"),
        N_("The same {user} with the same {item} in training and in test. 0 in a clean split: else the answer was seen."),
    ),
    "cold_items": (N_("New items' rows"), N_("Share of test rows whose {item} has no training row: nobody can place it.")),
    "own": (
        N_("Before own newest"),
        N_("Share of test rows older than the newest training row of the same {user}: the model knows how their story ends."),
    ),
    "any": (
        N_("Before anybody's"),
        N_(
            "Share of test rows older than the newest training row of anybody: the model knows what became popular later. 0 "
            "under time."
        ),
    ),
}  # fmt: skip


def meanings(words: Words) -> dict[str, str]:
    """Each column's title and what it means."""
    nouns = {"item": words.item, "items": words.items, "user": words.user, "users": words.users}
    return {_(name): _(text).format(**nouns) for name, text in COLUMNS.values()}


def show(found: Auditing, data: Dataset) -> None:
    """The table, its meanings on every column, and its CSV."""
    words, figure = data.words, f"{title(found.metric)} {arrow(found.metric)}".strip()
    table = pd.DataFrame([_line(one, figure) for one in found.figures])
    helps = {**meanings(words), figure: meaning(found.metric, words)}
    st.dataframe(
        table,
        key="audit_table",
        hide_index=True,
        column_config={
            _("Split"): st.column_config.TextColumn(
                pinned=True, help=_("How rows were held out; the text that --split reads.")
            ),
            **{name: st.column_config.TextColumn(help=text) for name, text in helps.items()},
        },
        alt=_("Splits by figures and counts"),
    )
    st.download_button(
        _("Table as CSV"),
        parts.safe_csv(table),
        f"{data.name}-audit.csv",
        "text/csv",
        key="audit_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _line(one: Figure, figure: str) -> dict[str, str]:
    side, known, counts = one.everybody, one.known, one.audit
    cells = {
        "popularity": _with(side.popularity),
        "lead": f"{side.lead.mean:+.3f} ± {number(side.lead.half_width)}",
        "known": f"{number(known.model.mean)} / {number(known.popularity.mean)}" if known else "–",
        "judged": f"{side.judged:,}",
        "new": f"{one.new:,}",
        "rows": number(side.rows_a_user),
        "train": f"{counts.train + counts.valid:,} ({counts.train_users:,} × {counts.train_items:,})",
        "test": f"{counts.test:,} ({counts.test_users:,} × {counts.test_items:,})",
        "pairs": f"{counts.pairs_in_both:,}",
        "cold_items": f"{counts.cold_items:.1%}",
        "own": _share(counts.test_before_train),
        "any": _share(counts.test_before_any_train),
        "verdict": _verdict(one),
    }
    named = {_(column): cells[name] for name, (column, _meaning) in COLUMNS.items()}
    return {_("Split"): one.split, figure: _with(side.model), **named}


def _with(interval: Interval) -> str:
    return f"{number(interval.mean)} ± {number(interval.half_width)}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _verdict(one: Figure) -> str:
    found = {flag.severity for flag in one.audit.flags}
    return _("leak") if LEAK in found else _("kind") if KIND in found else _("clean")
