"""Explore's figures and charts of the selected rows, and the tables behind them."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import pandas as pd
import streamlit as st

from pages.ui import explore_selection, parts, state
from recsys_core.charts import explore, groups, over_time
from recsys_core.charts.theme import title_of
from recsys_core.data.activity import unit_of
from recsys_core.data.binning import Scale
from recsys_core.data.concentration import COLD_BELOW
from recsys_core.data.event_index import EventIndex
from recsys_core.data.findings import percent
from recsys_core.data.groupings import Key
from recsys_core.data.profile import Population, Profile
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _

Drawn = tuple[alt.Chart | alt.LayerChart, str]
FIGURE_WIDTH = 164
_MANY = 10_000_000


def answer(index: EventIndex, seen: Profile) -> None:
    """What is in the data, in one sentence."""
    words = index.data.words
    if seen.users and seen.items and seen.density is not None:
        text = _(
            "{users:,} {user_noun} and {items:,} {item_noun}: of all pairs, {density} are known, "
            "and half of the interactions go to {half:.1%} of the {item_noun}."
        ).format(
            users=seen.users.n,
            user_noun=words.users,
            items=seen.items.n,
            item_noun=words.items,
            density=percent(seen.density),
            half=seen.items.half_share,
        )
    elif index.binary:
        text = _("{n:,} rows, of which {share} are 1 (95 % interval {low} to {high}).").format(
            n=seen.n_rows,
            share=percent(seen.mean[0]),
            low=percent(seen.mean[1]),
            high=percent(seen.mean[2]),
        )
    else:
        text = _("{n:,} rows.").format(n=seen.n_rows)
    parts.answer(text)


def figures(index: EventIndex, seen: Profile, n_warnings: int) -> None:
    """The figures below the answer, each explained on hover."""
    words = index.data.words
    help_text = _("{n:,} rows after cleaning are selected.").format(n=seen.n_rows)
    shown = [(_("Interactions"), _count(seen.n_rows), help_text)]
    if seen.density is not None:
        explained = _("Share of all pairs of {user} and {item} about which nothing is known.")
        shown.append(
            (_("Sparsity"), _nearly_all(1 - seen.density), explained.format(user=words.user, item=words.item))
        )
    if index.binary:
        help_text = _("95 % interval: {low} to {high}.").format(
            low=percent(seen.mean[1]), high=percent(seen.mean[2])
        )
        shown.append((_("Share of 1"), percent(seen.mean[0]), help_text))
    elif not index.constant:
        help_text = _("Over all selected interactions.")
        shown.append((_("Mean {value}").format(value=words.value), number(seen.mean[0]), help_text))
    if seen.users:
        help_text = _("Half of the {users} have at most so many interactions.").format(users=words.users)
        shown.append((_("Median activity"), f"{seen.users.median:,.0f}", help_text))
    if seen.items:
        help_text = _(
            "How unequally interactions are spread over the {items}: 0 is the same for each, 1 is all for one."
        )
        shown.append(
            (
                _("Gini of the {items}").format(items=words.items),
                f"{seen.items.gini:.2f}",
                help_text.format(items=words.items),
            )
        )
    shown += [
        _cold(one, noun)
        for one, noun in ((seen.users, words.users), (seen.items, words.items))
        if one is not None
    ]
    help_text = _("What to look at before you trust a model; about all rows, listed below with the evidence.")
    shown.append((_("Warnings"), f"{n_warnings}", help_text))
    with st.container(horizontal=True):
        for label, figure, explained in shown:
            st.metric(label, figure, border=True, help=explained, width=FIGURE_WIDTH)


def _count(n: int) -> str:
    """A number that fits its box: millions where it is long."""
    return f"{n:,}" if n < _MANY else _("{n:,.1f} M").format(n=n / 1e6)


def _nearly_all(share: float) -> str:
    """A share near 1 with as many digits as it takes not to be 100 %."""
    texts = [f"{share:.{digits}%}" for digits in range(1, 5)]
    return next((text for text in texts if not text.startswith("100")), texts[-1])


def _cold(one: Population, noun: str) -> tuple[str, str, str]:
    explained = _("{n:,} {who} have fewer than {few} interactions; together they hold {rows} of the rows.")
    return (
        _("Cold {who}").format(who=noun),
        percent(one.cold.share),
        explained.format(n=one.cold.n, who=noun, few=COLD_BELOW, rows=percent(one.cold.share_of_rows)),
    )


def selecting(index: EventIndex, seen: Profile, by: Key | None) -> None:
    """The two charts that answer to the mouse, each beside what its values are worth."""
    words, dark = index.data.words, state.dark()
    if index.time is None:
        st.info(
            _("This data has no times, so there is nothing to draw over time."), icon=":material/schedule:"
        )
    else:
        key = explore_selection.draw_key(explore_selection.TIME_CHART)
        brush = explore_selection.brushed(key, unit_of(index.everything))
        beside = None
        if len(seen.in_time) and not index.constant:
            beside = (
                over_time.means_over_time(seen.in_time, words, binary=index.binary, dark=dark),
                "explore_in_time",
            )
        _beside((over_time.over_time(seen.over_time, dark=dark), key), brush, beside)
        st.caption(_("Drag over the bars to choose a period: everything on this page answers for it."))
    if by is not None:
        key = f"{explore_selection.draw_key(explore_selection.ATTRIBUTE_CHART)}_{by.text}"
        table = groups.shown_bars(seen.by_attribute)
        beside = None
        if len(table) and seen.n_rows and not index.constant:
            made = groups.means_by_attribute(
                table, by.name, words, overall=seen.mean[0], binary=index.binary, dark=dark
            )
            beside = made, "explore_attribute_means"
        _beside(
            (groups.by_attribute(table, by.name, words, dark=dark), key),
            explore_selection.clicked(key, by),
            beside,
        )
        st.caption(_("Click a bar to choose a value; click it again to let it go."))


def _beside(chart: Drawn, follow: Callable[[], None], other: Drawn | None) -> None:
    left, right = st.columns(2) if other is not None else (st.container(), None)
    drawn, key = chart
    left.altair_chart(parts.drawn(drawn), key=key, on_select=follow, alt=title_of(drawn))
    if other is not None and right is not None:
        _show(right, other)


def spread(index: EventIndex, seen: Profile) -> None:
    """How rows are spread over values, users and items, through their lives and over the week."""
    charts = [*_shares(index, seen), *_lifetimes(index, seen)]
    if len(seen.hours):
        charts.append((over_time.by_hour_and_weekday(seen.hours, dark=state.dark()), "explore_hours"))
    for start in range(0, len(charts), 2):
        pair = charts[start : start + 2]
        for column, chart in zip(st.columns(len(pair)), pair, strict=True):
            _show(column, chart)
    if index.time is not None and not index.has_clock:
        st.caption(_("Times tell the day only, so hours are not drawn."))


def _populations(index: EventIndex, seen: Profile) -> list[tuple[Population, str, int, str]]:
    """Items and users as far as there are any: what was counted, their noun, their colour, the end of a key."""
    words = index.data.words
    both = (seen.items, words.items, 0, "items"), (seen.users, words.users, 1, "users")
    return [(one, noun, colour, name) for one, noun, colour, name in both if one is not None]


def _shares(index: EventIndex, seen: Profile) -> list[Drawn]:
    words, dark = index.data.words, state.dark()
    charts: list[Drawn] = []
    if not index.constant:
        doubling = index.steps.scale is Scale.DOUBLING
        values = explore.value_histogram(
            seen.values, words, doubling=doubling, binary=index.binary, dark=dark
        )
        charts.append((values, "explore_values"))
    people = _populations(index, seen)
    if people:
        first, noun, *_rest = people[0]
        title = explore.lorenz_title(first.half_share, first.gini, noun)
        curves = {noun: one.lorenz for one, noun, _colour, _name in people}
        charts.append((explore.lorenz(curves, title, dark=dark), "explore_lorenz"))
    for one, noun, colour, name in people:
        made = explore.activity(one.activity, one.median, noun, colour=colour, dark=dark)
        charts.append((made, f"explore_activity_{name}"))
    return charts


def _lifetimes(index: EventIndex, seen: Profile) -> list[Drawn]:
    people, dark = _populations(index, seen), state.dark()
    lives: list[Drawn] = [
        (explore.lives(one.lives, noun, colour=colour, dark=dark), f"explore_lives_{name}")
        for one, noun, colour, name in people
        if len(one.lives)
    ]
    return lives + [
        (over_time.arrivals(one.arrivals, noun, colour=colour, dark=dark), f"explore_arrivals_{name}")
        for one, noun, colour, name in people
        if len(one.arrivals) > 1
    ]


def _show(column: st.delta_generator.DeltaGenerator, chart: Drawn) -> None:
    drawn, key = chart
    column.altair_chart(parts.drawn(drawn), key=key, alt=title_of(drawn))


def tables(index: EventIndex, seen: Profile, by: Key | None) -> None:
    """The tables behind the charts, one at a time, to look closer or take along."""
    words = index.data.words
    found: dict[str, pd.DataFrame] = {}
    if by is not None:
        found[explore_selection.name_of(by, words)] = seen.by_attribute.drop(columns="chosen")
    found |= {
        _("Values"): seen.values[["value", "count"]],
        _("Over time"): seen.in_time,
        _("Hours and weekdays"): seen.hours,
    }
    for one, noun in ((seen.users, words.users), (seen.items, words.items)):
        if one is not None:
            found |= {
                _("Activity of {who}").format(who=noun): one.activity,
                _("Lives of {who}").format(who=noun): one.lives,
                _("New {who}").format(who=noun): one.arrivals,
                _("Lorenz curve of {who}").format(who=noun): one.lorenz,
            }
    found = {
        name: table.drop(columns=["start", "end"], errors="ignore")
        for name, table in found.items()
        if len(table)
    }
    with st.expander(_("The tables behind the charts"), icon=":material/table:"):
        name = st.selectbox(_("Table"), list(found), key="explore_which_table")
        shown = found[name]
        st.dataframe(shown, key="explore_behind", hide_index=True, height=320, alt=name)
        download(shown, "explore_behind_csv")


def download(table: pd.DataFrame, key: str, name: str = "table") -> None:
    """A button that saves a table for a spreadsheet, made on the click."""
    st.download_button(
        _("Save as CSV"),
        lambda: parts.safe_csv(table),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )
