"""Checks of what is known of users, items and rows, and of what cleaning left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TITLE
from recsys_core.data.findings import Finding, Subject, Weight, finding, percent
from recsys_core.i18n import _, ngettext

_MISSING_SHARE, _LEFT_OUT_SHARE = 0.05, 0.01
_FEWEST_IDS = 20
_SAMPLE = 200_000


def _repeated_titles(subject: Subject) -> Finding | None:
    items = subject.index.data.items
    titled = items[items[TITLE] != items[ITEM]] if len(items) else items
    repeated = titled[titled[TITLE].duplicated(keep=False)]
    if repeated.empty:
        return None
    counts = subject.index.everything.counts("items")
    table = repeated.assign(count=counts[repeated.index.to_numpy()]).sort_values([TITLE, ITEM], kind="stable")
    n_titles = repeated[TITLE].nunique()
    sentence = ngettext(
        "{n:,} title stands for several {items}: {ids:,} ids in all.",
        "{n:,} titles stand for several {items} each: {ids:,} ids in all.",
        n_titles,
    )
    return finding(
        "repeated titles",
        Weight.CAREFUL,
        sentence.format(n=n_titles, ids=len(repeated), items=subject.words.items),
        _(
            "Two ids of one thing share its interactions between them: merge them in the file, or tell the titles apart."
        ),
        table[[TITLE, ITEM, "count"]].set_axis([_("title"), _("id"), _("interactions")], axis=1),
    )


def _no_title(subject: Subject) -> Finding | None:
    items = subject.index.data.items
    bare = (items[TITLE] == items[ITEM]).to_numpy() if len(items) else np.zeros(0, dtype=bool)
    if not bare.any():
        return None
    counts = subject.index.everything.counts("items")
    table = pd.DataFrame({_("id"): items[ITEM][bare], _("interactions"): counts[bare]})
    all_bare = bool(bare.all())
    sentence = (
        _("No {item} has a title: ids are shown instead.")
        if all_bare
        else _("{n:,} of {of:,} {items} have no title; their ids are shown.")
    )
    return finding(
        "no title",
        Weight.NOTE if all_bare or bare.mean() < _MISSING_SHARE else Weight.CAREFUL,
        sentence.format(item=subject.words.item, items=subject.words.items, n=int(bare.sum()), of=len(items)),
        _("Give a file of {items} with titles in Prepare, so that people can judge a list.").format(
            items=subject.words.items
        ),
        table.sort_values(_("interactions"), ascending=False, kind="stable"),
    )


def _missing_attributes(subject: Subject) -> Finding | None:
    rows = [
        (noun, name, int(missing.sum()), float(missing.mean()))
        for noun, name, column, is_list in _attributes(subject)
        for missing in [_missing(column, is_list=is_list)]
        if missing.any()
    ]
    worst = max(rows, key=lambda row: row[3], default=None)
    if worst is None or worst[3] <= _MISSING_SHARE:
        return None
    rows.sort(key=lambda row: -row[3])
    return finding(
        "missing attributes",
        Weight.CAREFUL,
        _("{attribute} is missing for {share} of the {who}.").format(
            attribute=worst[1], share=percent(worst[3]), who=worst[0]
        ),
        _("Models that use attributes treat these like unknown ones; Prepare can fill them."),
        pd.DataFrame(rows, columns=[_("of"), _("attribute"), _("missing"), _("share")]),
    )


def _constant_attributes(subject: Subject) -> Finding | None:
    rows = [
        (noun, name, str(known[0])[:80])
        for noun, name, column, is_list in _attributes(subject)
        for known in [_few_values(column, is_list=is_list)]
        if len(known) == 1
    ]
    if not rows:
        return None
    sentence = ngettext(
        "{n} attribute has the same value everywhere: {names}.",
        "{n} attributes have the same value everywhere: {names}.",
        len(rows),
    )
    return finding(
        "constant attributes",
        Weight.NOTE,
        sentence.format(n=len(rows), names=", ".join(name for _noun, name, _value in rows[:5])),
        _("They tell nobody apart from anybody: leave them out in Prepare."),
        pd.DataFrame(rows, columns=[_("of"), _("attribute"), _("value")]),
    )


def _id_attributes(subject: Subject) -> Finding | None:
    rows = [
        (noun, name, column.nunique(), str(column.dropna().iloc[0])[:80])
        for noun, name, column, is_list in _attributes(subject)
        if not is_list and _tells_all_apart(column)
    ]
    if not rows:
        return None
    sentence = ngettext(
        "{n} attribute is different for everybody: {names}.",
        "{n} attributes are different for everybody: {names}.",
        len(rows),
    )
    return finding(
        "id attributes",
        Weight.NOTE,
        sentence.format(n=len(rows), names=", ".join(row[1] for row in rows[:5])),
        _(
            "It is an id, a name or an address: a model can only learn it by heart, and it may tell who somebody is."
        ),
        pd.DataFrame(rows, columns=[_("of"), _("attribute"), _("distinct values"), _("for example")]),
    )


def _left_out(subject: Subject) -> Finding | None:
    steps = [step for step in subject.index.data.cleaning if step.get("rows_before")]
    dropped = [step["rows_before"] - step["rows_after"] for step in steps]
    if not steps or sum(dropped) < _LEFT_OUT_SHARE * steps[0]["rows_before"]:
        return None
    worst = int(np.argmax(dropped))
    incomplete = (
        steps[worst].get("step", "missing" if "missing" in str(steps[worst]["name"]) else "") == "missing"
    )
    sentence = (
        _("{share} of the rows of the file had no id, value or time and were left out ({n:,} of {of:,}).")
        if incomplete
        else _("Cleaning left out {share} of the rows by '{step}' ({n:,} of {of:,}).")
    )
    share = dropped[worst] / steps[worst]["rows_before"]
    return finding(
        "left out",
        Weight.CAREFUL if incomplete and share > _MISSING_SHARE else Weight.NOTE,
        sentence.format(
            share=percent(share),
            n=dropped[worst],
            of=steps[worst]["rows_before"],
            step=_(str(steps[worst]["name"])),
        ),
        _("See whether what is left still stands for everybody; Prepare shows the rows that each step took."),
        pd.DataFrame(
            {
                _("step"): [_(str(step["name"])) for step in steps],
                _("rows before"): [step["rows_before"] for step in steps],
                _("rows after"): [step["rows_after"] for step in steps],
                _("left out"): dropped,
            }
        ),
    )


def _attributes(subject: Subject) -> Iterator[tuple[str, str, pd.Series, bool]]:
    """Every attribute: whose it is in words, its name, its column, whether it holds lists."""
    data, words = subject.index.data, subject.words
    for noun, table, names in (
        (words.items, data.items, data.item_attributes),
        (words.users, data.users, data.user_attributes),
        (_("rows"), data.interactions, list(data.features)),
    ):
        for name in names if len(table) else ():
            yield noun, name, table[name], table is not data.interactions and name in data.list_columns


def _missing(column: pd.Series, *, is_list: bool) -> pd.Series:
    if is_list:
        return column.map(lambda cell: not hasattr(cell, "__len__") or len(cell) == 0).astype(bool)
    return column.isna()


def _few_values(column: pd.Series, *, is_list: bool) -> list[object]:
    """Up to two distinct values."""
    sample = column.iloc[:: 1 + len(column) // _SAMPLE]
    known = (sample.explode() if is_list else sample).dropna().unique()[:2]
    if len(known) < 2 and len(sample) < len(column):
        known = column.dropna().unique()[:2]
    return list(known)


def _tells_all_apart(column: pd.Series) -> bool:
    """Text or whole numbers, each value once."""
    if (
        len(column) < _FEWEST_IDS
        or pd.api.types.is_float_dtype(column.dtype)
        or pd.api.types.is_bool_dtype(column.dtype)
    ):
        return False
    sample = column.dropna().iloc[:: 1 + len(column) // _SAMPLE]
    return len(sample) >= _FEWEST_IDS and sample.is_unique and column.dropna().is_unique


CHECKS = (_left_out, _repeated_titles, _no_title, _missing_attributes, _constant_attributes, _id_attributes)
