"""What lists are like, hits or not: one user's list step by step, and figures of all lists together from counts.

Plain arithmetic over lists: nothing of `evaluation.beyond` is called here.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Words
from recsys_core.i18n import _
from recsys_core.scenarios.worked import Column, Part, Step, decimal, lines, ratio, summed, whole
from recsys_core.types import FloatArray, IntArray


def worked_popularity(
    base: str, listed: pd.DataFrame, popularity: FloatArray, n_users: int, words: Words
) -> Part:
    """Novelty or mean popularity of one list. `listed` holds `item` (row), `rank`, `title`."""
    chosen = popularity[listed["item"].to_numpy()]
    columns = [
        Column("rank", _("Place")),
        Column("title", _("Title")),
        Column(
            "chosen",
            _("Chosen by"),
            _("How many {users} chose it in training and validation.").format(users=words.users),
        ),
    ]
    if base == "novelty":
        each = [-math.log2(max(float(one), 1.0) / n_users) for one in chosen]
        columns.append(
            Column("each", _("Bits"), _("How rare it is: −log₂ of the share of all who chose it."))
        )
        first = (
            f"-\\log_2({whole(max(chosen[0], 1))} / {whole(n_users)}) = {decimal(each[0])}" if each else ""
        )
        steps = [
            Step(
                _("Each one is as rare as the share of {users} who chose it; the first one:").format(
                    users=words.users
                ),
                first,
            )
        ]
        table = listed.assign(chosen=chosen, each=each)
    else:
        each = [float(one) for one in chosen]
        steps = []
        table = listed.assign(chosen=chosen)
    total = math.fsum(each)
    value = total / len(each) if each else 0.0
    terms = summed([decimal(one) for one in each])
    steps.append(
        Step(
            _("Their mean over the {n} that are listed:").format(n=len(each)),
            lines(r"\bar{x}", rf"\frac{{{terms}}}{{{len(each)}}}", decimal(value)) if each else "0",
        )
    )
    return Part(table, tuple(columns), tuple(steps), value)


def worked_diversity(listed: pd.DataFrame, vectors: FloatArray, words: Words) -> Part:
    """Diversity of one list: how alike each two of it are. `listed` as above; `vectors` unit rows of all items."""
    rows = vectors[listed["item"].to_numpy()]
    alike = rows @ rows.T
    n = len(rows)
    others = alike.sum(axis=1) - np.diag(alike)
    pairs = n * (n - 1)
    total = math.fsum(others)
    value = 1.0 - total / pairs if pairs else 0.0
    columns = (
        Column("rank", _("Place")),
        Column("title", _("Title")),
        Column(
            "alike",
            _("Alike to the others"),
            _("Mean cosine with the other {items} of the list: 1 is the same values.").format(
                items=words.items
            ),
        ),
    )
    table = listed.assign(alike=others / (n - 1) if n > 1 else 0.0)
    steps = (
        Step(
            _("The likeness (cosine) of each two, added up over all {n} ordered pairs:").format(n=pairs),
            decimal(total),
        ),
        Step(
            _("1 less their mean:"),
            rf"1 - \frac{{{decimal(total)}}}{{{pairs}}} = {decimal(value)}" if pairs else "0",
        ),
    )
    return Part(table, columns, steps, value)


@dataclass(frozen=True)
class AllLists:
    """The lists of everybody judged.

    Attributes:
        lists: item rows, (n, k), -1 for none.
        n_items: size of the catalogue.
    """

    lists: IntArray
    n_items: int

    @cached_property
    def counts(self) -> Counter[int]:
        """How many lists show each item that is shown at all."""
        return Counter(self.lists[self.lists >= 0].tolist())

    def part(self, base: str, listed: pd.DataFrame, words: Words) -> Part:
        """What one user's list has to do with the figure: how many lists show each of its items."""
        shown = [self.counts[int(item)] for item in listed["item"]]
        columns = [
            Column("rank", _("Place")),
            Column("title", _("Title")),
            Column("lists", _("In lists"), _("How many lists show it, this one among them.")),
        ]
        alone = sum(1 for one in shown if one == 1)
        if base != "personalisation":
            said = _("Of the {n} {items} of this list, {alone} stand in nobody else's.")
            step = Step(said.format(n=len(shown), items=words.items, alone=alone))
            return Part(listed.assign(lists=shown), tuple(columns), (step,))
        n, k = self.lists.shape
        each = [(one - 1) / ((n - 1) * k) if n > 1 else 0.0 for one in shown]
        common = math.fsum(each)
        columns.append(Column("each", _("In common"), _("Other lists that show it, over (n − 1) k.")))
        steps = (
            Step(
                _(
                    "With another's list, this one has on average this share of its {k} places in common:"
                ).format(k=k),
                ratio(summed([whole(one - 1) for one in shown]), rf"{whole(n - 1)} \cdot {k}", common),
            ),
            Step(
                _("1 less that is how much of it is this {user}'s own:").format(user=words.user),
                f"1 - {decimal(common)} = {decimal(1 - common)}",
            ),
        )
        return Part(listed.assign(lists=shown, each=each), tuple(columns), steps, 1.0 - common)

    def figure(self, base: str, titles: pd.Series, words: Words) -> tuple[tuple[Step, ...], float]:
        """The figure of all lists, from counts."""
        made = {
            "coverage": self._coverage,
            "gini": self._gini,
            "personalisation": self._personalisation,
            "top_item_share": self._top_item,
        }
        return made[base](titles, words)

    def _coverage(self, titles: pd.Series, words: Words) -> tuple[tuple[Step, ...], float]:
        shown = len(self.counts)
        value = shown / self.n_items
        said = _("{items} that stand in at least one list, over the whole catalogue:")
        return (
            Step(
                said.format(items=words.items.capitalize()), ratio(whole(shown), whole(self.n_items), value)
            ),
        ), value

    def _gini(self, titles: pd.Series, words: Words) -> tuple[tuple[Step, ...], float]:
        levels = Counter(self.counts.values())
        levels[0] = self.n_items - len(self.counts)
        total = sum(self.counts.values())
        # items of equal exposure as one group: sum over pairs of groups of n_a n_b |c_a - c_b|
        apart, before, mass = 0, 0, 0
        for level, n in sorted(levels.items()):
            apart += 2 * n * (level * before - mass)
            before, mass = before + n, mass + n * level
        value = apart / (2 * self.n_items * total) if total else 0.0
        most = max(levels, default=0)
        said = _("{never} of {all} {items} are shown to nobody, the most shown one stands in {most} lists.")
        below = rf"2 \cdot {whole(self.n_items)} \cdot {whole(total)}"
        steps = (
            Step(
                said.format(
                    never=f"{levels[0]:,}", all=f"{self.n_items:,}", items=words.items, most=f"{most:,}"
                )
            ),
            Step(
                _("How far apart each two are in how often they are shown, added up, over what it could be:"),
                ratio(whole(apart), below, value) if total else "0",
            ),
        )
        return steps, value

    def _personalisation(self, titles: pd.Series, words: Words) -> tuple[tuple[Step, ...], float]:
        n, k = self.lists.shape
        common = sum(one * (one - 1) for one in self.counts.values())
        pairs = n * (n - 1)
        value = 1.0 - common / (pairs * k) if pairs else 0.0
        steps = (
            Step(
                _("{items} in common, counted over all {pairs} ordered pairs of lists:").format(
                    items=words.items.capitalize(), pairs=f"{pairs:,}"
                ),
                whole(common),
            ),
            Step(
                _("1 less their mean share of a list; it is also the mean of everybody's own value above:"),
                rf"1 - \frac{{{whole(common)}}}{{{whole(pairs)} \cdot {k}}} = {decimal(value)}"
                if pairs
                else "0",
            ),
        )
        return steps, value

    def _top_item(self, titles: pd.Series, words: Words) -> tuple[tuple[Step, ...], float]:
        n = len(self.lists)
        item, most = max(self.counts.items(), key=lambda one: (one[1], -one[0]), default=(-1, 0))
        value = most / n if n else 0.0
        name = str(titles.iloc[item]) if item >= 0 else "–"
        said = _("Most shown is {title}; the lists that hold it, over all lists:").format(title=name)
        return (Step(said, ratio(whole(most), whole(n), value) if n else "0"),), value
