"""Winners and losers of page Metrics: from one run to another, who gains, who loses, and what they see instead."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cached, memo, parts, shell, state
from pages.ui.links import linked
from recsys_core.charts import versus as charts
from recsys_core.charts.theme import title_of
from recsys_core.columns import TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.meanings import meaning, number, title
from recsys_core.i18n import _
from recsys_core.scenarios.leaderboard import Row
from recsys_core.scenarios.versus import (
    CAME,
    STAYED,
    WENT,
    Versus,
    bars_of,
    both_lists,
    metrics_of,
    sentence,
    signed,
)
from recsys_core.scenarios.versus import versus as compare

SHORT_TITLE = 60
ACTIVITY = "activity"


def show(rows: list[Row], data: Dataset, metric: str) -> None:
    """The two runs to choose, the answer, who moves by how much, the five hit hardest and helped most, and items.

    Args:
        metric: the figure of the page; NDCG stands in where users do not have it one by one.
    """
    if len(rows) < 2:
        with st.container(border=True):
            st.markdown(_("Two runs on the same split can be set against each other; here is one."))
            st.page_link(shell.file_of("train"), label=_("Train another"), icon=":material/arrow_forward:")
        return
    before, after = _choose(rows)
    if before.run.id == after.run.id:
        st.info(_("Choose two different runs."), icon=":material/compare_arrows:")
        return
    with parts.boundary():
        found = _found(before, after, data, metric)
    parts.answer(sentence(found, before.title, after.title))
    if found.metric != metric:
        st.caption(
            _("{figure} is one figure for all lists together; so this is about {metric}.").format(
                figure=title(metric), metric=title(found.metric)
            )
        )
    _charts(found, before, after)
    _people(found, before, after)
    _items(found)


def _choose(rows: list[Row]) -> tuple[Row, Row]:
    """From and to: the best run, and popularity or else the second best, unless somebody chooses."""
    by_id = {row.run.id: row for row in rows}
    best = rows[0].run.id
    floors = [row.run.id for row in rows if row.config.model == "popularity" and row.run.id != best]
    start = floors[0] if floors else rows[1].run.id
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        chosen = [
            st.selectbox(
                label,
                list(by_id),
                key=linked(key, default, options=by_id),
                persist_state="session",
                format_func=lambda one: by_id[one].label if one in by_id else one,
                help=helped,
            )
            for label, key, default, helped in (
                (_("From"), "before", start, _("The run that people have now.")),
                (_("To"), "after", best, _("The run that they would get.")),
            )
        ]
    return by_id[chosen[0]], by_id[chosen[1]]


def _found(before: Row, after: Row, data: Dataset, metric: str) -> Versus:
    """The comparison, made once for all sessions."""

    def make() -> Versus:
        ours, theirs = (cached.judged(row.run.id, data.fingerprint) for row in (before, after))
        return compare(ours, theirs, metric if metric in metrics_of(ours, theirs) else "")

    with st.spinner(_("Comparing everybody's lists…"), show_time=True):
        return memo.remembered("versus", (before.run.id, after.run.id, metric), make, most=6)


def _charts(found: Versus, before: Row, after: Row) -> None:
    colours, words, dark = state.colours(found.data), found.data.words, state.dark()
    pair = colours[before.run.id], colours[after.run.id]
    left, right = st.columns(2, gap="medium")
    with left:
        chart = charts.changes(
            bars_of(found.people["change"].to_numpy()), found.metric, words, pair, dark=dark
        )
        st.altair_chart(parts.drawn(chart), key="metrics_versus_changes", alt=title_of(chart))
        st.caption(
            _("{n:,} {users} whose figure stays the same are left out. {meaning}").format(
                n=found.same, users=words.users, meaning=meaning(found.metric, words)
            )
        )
    with right:
        tables = {ACTIVITY: found.gains.groups}
        tables |= {str(name): table for name, table in found.attributes.groupby("attribute", sort=False)}
        names = {name: _("how active they are") if name == ACTIVITY else name for name in tables}
        by = st.selectbox(
            _("{users} by").format(users=words.users.capitalize()),
            list(tables),
            key=linked("by", ACTIVITY, options=tables),
            persist_state="session",
            format_func=lambda name: names.get(name, name),
        )
        chart = charts.group_changes(tables[by], found.metric, pair[1], dark=dark)
        st.altair_chart(parts.drawn(chart), key="metrics_versus_groups", alt=title_of(chart))


def _people(found: Versus, before: Row, after: Row) -> None:
    """The people who lose and gain most, and both lists of the one that is chosen."""
    words = found.data.words
    st.header(_("Hit hardest, helped most"))
    columns = st.columns(2, gap="medium")
    for place, table, heading, key in (
        (columns[0], found.gains.worst, _("Hit hardest"), "worst"),
        (columns[1], found.gains.best, _("Helped most"), "best"),
    ):
        with place:
            _person_table(table, heading, key, found)
    rows = pd.concat([found.gains.worst, found.gains.best], ignore_index=True)
    if rows.empty:
        return
    labels = {
        int(
            row["user"]
        ): f"{row['user_id']} · {title(found.metric)} {number(row['before'])} → {number(row['after'])}"
        for row in rows.to_dict("records")
    }
    chosen = st.selectbox(
        _("Both lists of"),
        list(labels),
        key="metrics_versus_person",
        format_func=lambda row: labels.get(row, str(row)),
        help=_("The five who lose most, then the five who gain most."),
    )
    _lists(found, chosen, (before.title, after.title))
    user_id = str(rows.loc[rows["user"] == chosen, "user_id"].iloc[0])
    asked = st.button(
        _("Look at this {user}").format(user=words.user),
        key="metrics_versus_look",
        type="tertiary",
        icon=":material/arrow_forward:",
        help=_("Opens the page Recommend with this {user}, by {run}.").format(
            user=words.user, run=after.title
        ),
    )
    if asked:
        st.session_state["user"] = user_id  # the session's choice goes before the address
        state.choose_run(after.run.id)
        st.switch_page(shell.file_of("recommend"))


def _person_table(table: pd.DataFrame, heading: str, key: str, found: Versus) -> None:
    words = found.data.words
    st.markdown(f"**{heading}**")
    if table.empty:
        st.markdown(_("Nobody."))
        return
    shown = pd.DataFrame(
        {
            words.user: table["user_id"].astype("str"),
            _("before"): table["before"].map(number),
            _("after"): table["after"].map(number),
            _("change"): table["change"].map(signed),
            _("other {items}").format(items=words.items): table["changed"],
        }
    )
    told = meaning(found.metric, words)
    helps = {
        _("before"): told,
        _("after"): told,
        _("change"): _("After minus before, for this {user} alone.").format(user=words.user),
        _("other {items}").format(items=words.items): _("How many of the list stand only in the second one."),
    }
    config = {name: st.column_config.Column(help=text) for name, text in helps.items()}
    st.dataframe(shown, key=f"metrics_versus_{key}", hide_index=True, column_config=config, alt=heading)


def _lists(found: Versus, user: int, titles: tuple[str, str]) -> None:
    tables = both_lists(found, user)
    for place, table, heading in zip(st.columns(2, gap="medium"), tables, titles, strict=True):
        lines = [_line(row) for row in table.to_dict("records")]
        place.markdown(
            f"**{parts.plain(heading)}**\n\n" + ("\n".join(lines) or _("Nothing is left to list."))
        )
    st.caption(
        _(
            "Green: held out, and found. Bold: only in this list. Arrows: places up or down in the second list."
        )
    )


def _line(row: dict[Any, Any]) -> str:
    """One item: rank, hit, title, and what became of it."""
    text = parts.plain(row[TITLE], SHORT_TITLE)
    hit = f":green-badge[:material/check: {_('hit')}] " if row["hit"] else ""
    moved = row["moved"]
    notes = {
        WENT: f" :red-badge[:material/remove: {_('goes')}]",
        CAME: f" :orange-badge[:material/add: {_('new')}]",
        STAYED: f" :gray-badge[{'↑' if moved > 0 else '↓'} {abs(moved)}]" if moved else "",
    }
    name = text if row["mark"] == STAYED else f"**{text}**"
    return f"{row['rank']}. {hit}{name}{notes[row['mark']]}"


def _items(found: Versus) -> None:
    """Items that win and lose places."""
    words, some = found.data.words, found.gains
    with st.expander(_("{items} that win and lose places").format(items=words.items.capitalize())):
        st.markdown(
            _("**{first:,}** {items} are shown for the first time, **{last:,}** not any more.").format(
                first=some.n_first, last=some.n_last, items=words.items
            )
        )
        helped = _("How many {users} chose it in training").format(users=words.users)
        for place, table, heading, key in zip(
            st.columns(2, gap="medium"),
            (some.risen, some.fallen),
            (_("Win most places"), _("Lose most places")),
            ("risen", "fallen"),
            strict=True,
        ):
            shown = pd.DataFrame(
                {
                    words.item: table[TITLE],
                    _("lists before"): table["before"],
                    _("after"): table["after"],
                    _("chosen by"): table["chosen"],
                }
            )
            place.markdown(f"**{heading}**")
            place.dataframe(
                shown,
                key=f"metrics_versus_{key}",
                hide_index=True,
                column_config={
                    words.item: st.column_config.TextColumn(width=200),
                    _("chosen by"): st.column_config.NumberColumn(help=helped),
                },
                alt=heading,
            )
