"""What the figures of a leaderboard do not say, told from the data themselves."""

from __future__ import annotations

from collections.abc import Sequence

from recsys_core.data.dataset import Dataset, Words
from recsys_core.i18n import _, ngettext
from recsys_core.models.registry import spec
from recsys_core.scenarios.leaderboard import Arena, Row, arenas, finished_runs
from recsys_core.scenarios.lists import Serving

FEW = 5
"""An item with fewer interactions to learn from is hardly ever suggested well."""
FORESEEING = ("random", "user-random", "cold-user", "cold-item")
"""Splits whose training rows may be later than their test rows."""


def limits(data: Dataset, rows: Sequence[Row], arena: Arena | None, serving: Serving | None) -> list[str]:
    """Known limits, as sentences; the most general first."""
    found = [_(data.provenance.notice)] if data.provenance.notice else []
    if not rows or arena is None:
        return found
    return [
        *found,
        *_of_judging(data, rows, arena),
        *_of_new_users(rows, arena, serving),
        *_of_items(data, serving),
    ]


def _of_judging(data: Dataset, rows: Sequence[Row], arena: Arena) -> list[str]:
    words, judged = data.words, int(rows[0].run.measured().get("n_judged") or 0)
    found = [
        _(
            "Judged offline: a suggestion counts as right when the {user} chose that {item} without ever having seen "
            "the list. What people would do when they see it, only a trial with people can tell."
        ).format(user=words.user, item=words.item)
    ]
    if judged < data.n_users:
        found.append(
            _("{judged:,} of {all:,} {users} were judged; the others have no held-out {item}.").format(
                judged=judged, all=data.n_users, users=words.users, item=words.item
            )
        )
    else:
        found.append(_("All {all:,} {users} were judged.").format(all=data.n_users, users=words.users))
    found[-1] += " " + _(
        "An interval says how a figure would move with other {users} like these, not with another training."
    ).format(users=words.users)
    return [*found, *_of_split(data, arena), *_of_files(rows), *_of_floor(rows, arena, words)]


def _of_split(data: Dataset, arena: Arena) -> list[str]:
    others = len(arenas(finished_runs(data))) - 1
    found = [
        _(
            "One way of splitting ({split}, seed {seed}): another draw of held-out rows is not part of this."
        ).format(split=arena.split, seed=arena.split_seed)
    ]
    if others:
        found[0] += " " + ngettext(
            "Runs judged in one other way are left out.",
            "Runs judged in {n} other ways are left out.",
            others,
        ).format(n=others)
    if arena.split.partition(":")[0] in FORESEEING:
        found.append(
            _(
                "Held-out rows were not the latest ones, so a model may have learned from what came after them; a split "
                "by time is stricter."
            )
        )
    return found


def _of_files(rows: Sequence[Row]) -> list[str]:
    """Scores that were made elsewhere: what nobody here can know of them, and what is known."""
    brought = [row for row in rows if spec(row.config.model).elsewhere]
    if not brought:
        return []
    text = ngettext(
        "{names} was made by a system outside this app: that it never saw the held-out rows cannot be checked here.",
        "{names} were made by systems outside this app: that these never saw the held-out rows cannot be checked here.",
        len(brought),
    )
    found = [text.format(names=", ".join(row.title for row in brought))]
    picked = [row.title for row in brought if row.config.settings.get("picked_candidates")]
    if picked:
        found.append(
            _(
                "{names}: the file lists every held-out pair and little else, so its figures of lists say nothing beside others."
            ).format(names=", ".join(picked))
        )
    return found


def _of_new_users(rows: Sequence[Row], arena: Arena, serving: Serving | None) -> list[str]:
    """How many of those judged the models had never met, where a split does not hold them out on purpose."""
    if serving is None or serving.split.cold_users:
        return []
    if (str(serving.split.spec), serving.split.spec.seed) != (arena.split, arena.split_seed):
        return []
    judged = rows[0].run.table("users")["user"].to_numpy()
    new = int((serving.split.matrix(serving.split.fit_rows).getnnz(axis=1)[judged] == 0).sum())
    if not new:
        return []
    words = serving.data.words
    return [
        _(
            "{new:,} of the {judged:,} {users} judged have no row to learn from: a model gives them what it gives "
            "anybody of whom it knows nothing, and that is part of the figures."
        ).format(new=new, judged=len(judged), users=words.users)
    ]


def _of_floor(rows: Sequence[Row], arena: Arena, words: Words) -> list[str]:
    metric = f"ndcg@{arena.k}"
    floor = next((row for row in rows if row.config.model == "popularity"), None)
    if floor is None:
        return [_("No run of popularity stands beside these, so the simplest floor was not compared with.")]
    best = rows[0].metrics.get(metric, 0.0)
    if floor is rows[0] or not best:
        return []
    return [
        _(
            "The most popular {items} alone, the same for everybody, already reach {share:.0%} of the best NDCG."
        ).format(items=words.items, share=floor.metrics.get(metric, 0.0) / best)
    ]


def _of_items(data: Dataset, serving: Serving | None) -> list[str]:
    if serving is None:
        return []
    support = serving.seen.getnnz(axis=0)
    cold, rare = int((support == 0).sum()), int((support < FEW).sum())
    if not rare:
        return []
    return [
        _(
            "{rare:,} of {all:,} {items} have fewer than {few} interactions to learn from, {cold:,} of them none: what is "
            "new or rare is hardly suggested, and nothing here says how well."
        ).format(rare=rare, all=data.n_items, items=data.words.items, few=FEW, cold=cold)
    ]
