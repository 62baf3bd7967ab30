"""Diversity's winners and losers at a setting: people by their lists, items by their places."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import memo, parts, state
from pages.ui.diversity_controls import Asked
from recsys_core.charts import diversity as charts
from recsys_core.charts.theme import title_of
from recsys_core.columns import TITLE
from recsys_core.data.dataset import Words
from recsys_core.i18n import _
from recsys_core.runs import Run
from recsys_core.scenarios.frontier import Frontier
from recsys_core.scenarios.gains import Gains, gains
from recsys_core.scenarios.judging import Judge
from recsys_core.scenarios.lists import Serving, user_list

SHORT_TITLE = 60


def show(run: Run, rehearsal: Serving, asked: Asked, drawn: Frontier) -> None:
    """The sentence, people and items; nothing at strength 0, where nobody gains or loses."""
    st.header(_("Who gains, who loses"))
    words = rehearsal.data.words
    if not asked.setting.strength:
        st.markdown(_("At strength 0 nobody does: turn the dial up."))
        return
    judge = Judge(rehearsal, drawn.k, drawn.distance)
    with st.spinner(_("Comparing everybody's lists…"), show_time=True):
        found = memo.remembered(
            "gains", (run.id, drawn.k, asked.setting), lambda: gains(judge, asked.setting), most=24
        )
    st.markdown(
        _(
            "Of {n:,} {users}, **{up:,}** get a better list, **{down:,}** a worse one; NDCG changes by {gap:+.4f} ({low:+.4f} to "
            "{high:+.4f}). **{first:,}** {items} are shown for the first time, {last:,} not any more."
        ).format(
            n=found.n_users,
            users=words.users,
            up=found.up,
            down=found.down,
            gap=found.gap.mean,
            low=found.gap.low,
            high=found.gap.high,
            first=found.n_first,
            last=found.n_last,
            items=words.items,
        )
    )
    people, items = st.columns(2, gap="medium")
    with people:
        st.subheader(words.users.capitalize())
        _groups(found, words)
        _person(rehearsal, asked, found, drawn.k)
    with items:
        st.subheader(words.items.capitalize())
        chart = charts.quarters(found.quarters, dark=state.dark())
        st.altair_chart(parts.drawn(chart), key="diversity_quarters", alt=title_of(chart))
        _items(rehearsal, _("Win most places"), found.risen, "risen")
        _items(rehearsal, _("Lose most places"), found.fallen, "fallen")


def _groups(found: Gains, words: Words) -> None:
    """The mean change by how active people are."""
    rows = [
        {
            _("Group"): row["group"],
            words.users.capitalize(): row["n"],
            _("Change of NDCG"): f"{row['change']:+.4f}  ({row['low']:+.4f} … {row['high']:+.4f})",
        }
        for row in found.groups.to_dict("records")
    ]
    st.dataframe(pd.DataFrame(rows), key="diversity_groups", hide_index=True, alt=_("Change by activity"))


def _person(rehearsal: Serving, asked: Asked, found: Gains, k: int) -> None:
    """The people who gain and lose most, and the lists of the one that is chosen."""
    data = rehearsal.data
    rows = pd.concat([found.worst, found.best], ignore_index=True)
    if rows.empty:
        st.markdown(_("Nobody's held-out {items} moved.").format(items=data.words.items))
        return
    labels = {
        int(row["user"]): f"{row['user_id']} · NDCG {row['before']:.2f} → {row['after']:.2f}"
        for row in rows.to_dict("records")
    }
    chosen = st.selectbox(
        _("Hit hardest, then helped most"),
        list(labels),
        key="diversity_person",
        format_func=lambda row: labels.get(row, str(row)),
        help=_("On the validation rows; the lists are those that the model made before it knew them."),
    )
    lists = [user_list(rehearsal, chosen, k=k), user_list(rehearsal, chosen, k=k, rerank=asked.setting)]
    known = [set(one["item"]) for one in lists]
    for place, table, title, other in zip(
        st.columns(2), lists, (_("As ranked"), _("With the dial")), reversed(known), strict=True
    ):
        lines = []
        for line in table.to_dict("records"):
            mark = ":green-badge[:material/check:] " if line["hit"] else ""
            text = parts.plain(line[TITLE], SHORT_TITLE)
            lines.append(f"{line['rank']}. {mark}{text if line['item'] in other else f'**{text}**'}")
        place.markdown(f"**{title}**\n\n" + "\n".join(lines))
    st.caption(_("Bold: only in this list. Green: held out, and found."))
    user_id = str(rows.loc[rows["user"] == chosen, "user_id"].iloc[0])
    st.button(
        _("Look at this {user} above").format(user=data.words.user),
        key="diversity_look",
        type="tertiary",
        icon=":material/arrow_upward:",
        on_click=_look_at,
        args=(user_id,),
    )


def _look_at(user_id: str) -> None:
    """The user above becomes this one: a link could not, as the session's choice goes before the address."""
    st.session_state["user"] = user_id


def _items(rehearsal: Serving, title: str, table: pd.DataFrame, key: str) -> None:
    """Items that win or lose places."""
    words = rehearsal.data.words
    st.markdown(f"**{title}**")
    if table.empty:
        st.markdown(_("None."))
        return
    shown = pd.DataFrame(
        {
            words.item: table[TITLE],
            _("lists before"): table["before"],
            _("after"): table["after"],
            _("chosen by"): table["chosen"],
        }
    )
    helped = _("How many {users} chose it in training").format(users=words.users)
    st.dataframe(
        shown,
        key=f"diversity_{key}",
        hide_index=True,
        column_config={
            words.item: st.column_config.TextColumn(width=180),
            _("chosen by"): st.column_config.NumberColumn(help=helped),
        },
        alt=title,
    )
