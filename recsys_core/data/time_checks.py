"""Checks of the times: impossible ones, hours that are none, gaps, bursts, a last period that is not over."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, TIME, USER_ROW
from recsys_core.data import activity, periods
from recsys_core.data.event_index import SIDES, Side
from recsys_core.data.findings import MOST_EVIDENCE, Finding, Subject, Weight, finding, percent, when
from recsys_core.data.periods import DAY_SECONDS, HOUR_SECONDS, Unit
from recsys_core.i18n import _, ngettext

_EARLY = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_FEW = 100
_SAME_SHARE, _MIDNIGHT_SHARE = 0.05, 0.2
_GAP_DAYS, _GAP_SHARE = 14, 0.08
_BURST, _BURST_DAYS = 20, 30
_COLUMNS = {"users": USER_ROW, "items": ITEM_ROW}
_OVER = 0.8
"""A last period of which less than this has passed is not over."""


def _no_time(subject: Subject) -> Finding | None:
    if subject.index.data.has_time:
        return None
    return finding(
        "no time",
        Weight.NOTE,
        _("There are no times."),
        _(
            "Splits by time, drift and anything about order need them: assign a column in Prepare if there is one."
        ),
        pd.DataFrame(),
    )


def _impossible(subject: Subject) -> Finding | None:
    """Times before 1990 or in the future; looked for in the data itself, for such times may have no calendar."""
    data = subject.index.data
    if not data.has_time:
        return None
    times = data.interactions[TIME].to_numpy()
    early, late = np.count_nonzero(times < _EARLY), np.count_nonzero(times > subject.now)
    if not early + late:
        return None
    wrong = np.flatnonzero((times < _EARLY) | (times > subject.now))
    shown = data.interactions.iloc[wrong[:MOST_EVIDENCE]]
    sides: tuple[Side, ...] = tuple(side for side in SIDES if subject.index.has(side))
    evidence = {
        subject.nouns(side)[0]: subject.ids(side).to_numpy()[shown[_COLUMNS[side]].to_numpy()]
        for side in sides
    }
    evidence[_("time")] = [when(one) for one in shown[TIME]]
    return finding(
        "impossible times",
        Weight.SERIOUS,
        _(
            "{share} of the times cannot be right: {early:,} lie before 1990, {late:,} in the future "
            "(from {first} to {last})."
        ).format(
            share=percent((early + late) / len(times)),
            early=early,
            late=late,
            first=when(times.min())[:10],
            last=when(times.max())[:10],
        ),
        _(
            "Check the unit (seconds or milliseconds) and the format of dates in Prepare, or keep a range of time."
        ),
        pd.DataFrame(evidence),
        len(wrong),
    )


def _same_time(subject: Subject) -> Finding | None:
    index = subject.index
    if index.time is None or not index.has_clock or subject.n_rows < _FEW:
        return None
    starts = np.flatnonzero(np.r_[True, index.time[1:] != index.time[:-1]])
    sizes = np.diff(np.r_[starts, subject.n_rows])
    top = np.argsort(-sizes, kind="stable")[:10]
    shares = sizes[top] / subject.n_rows
    if shares[0] <= _SAME_SHARE:
        return None
    return finding(
        "same time",
        Weight.CAREFUL,
        _("{share} of the rows carry one and the same time, {time}.").format(
            share=percent(shares[0]), time=when(index.time[starts[top[0]]])
        ),
        _("It is probably the time of an import and not of a choice: do not split by time across it."),
        pd.DataFrame(
            {
                _("time"): [when(one) for one in index.time[starts[top]]],
                _("interactions"): sizes[top],
                _("share of rows"): shares,
            }
        ),
    )


def _midnight(subject: Subject) -> Finding | None:
    index = subject.index
    if index.time is None or index.midnight_share <= _MIDNIGHT_SHARE:
        return None
    days_only = not index.has_clock
    sentence = (
        _("Times tell the day but not the hour: {share:.0%} are exactly midnight (UTC).")
        if days_only
        else _("{share:.0%} of the times are exactly midnight (UTC), the others are not.")
    )
    remedy = (
        _(
            "Rows of one day have no order among themselves; hours and weekdays near midnight may shift by time zone."
        )
        if days_only
        else _("Two sources may be mixed, one with days only: the order within such a day is unknown.")
    )
    hours = activity.by_hour_and_weekday(index.everything).groupby("hour")["count"].sum()
    return finding(
        "midnight",
        Weight.NOTE if days_only else Weight.CAREFUL,
        sentence.format(share=index.midnight_share),
        remedy,
        pd.DataFrame({_("hour (UTC)"): hours.index, _("interactions"): hours.to_numpy()}),
    )


def _gaps(subject: Subject) -> Finding | None:
    if subject.index.time is None:
        return None
    times = subject.index.time
    times = times[np.searchsorted(times, _EARLY) : np.searchsorted(times, subject.now, side="right")]
    if len(times) < 2:
        return None
    limit = max(_GAP_DAYS * DAY_SECONDS, _GAP_SHARE * int(times[-1] - times[0]))
    places = np.flatnonzero(np.diff(times) > limit)
    if not len(places):
        return None
    begins, ends = times[places], times[places + 1]
    longest = int(np.argmax(ends - begins))
    sentence = ngettext(
        "{n} long gap without any row; the longest has {days:,.0f} days, from {first} to {last}.",
        "{n} long gaps without any row; the longest has {days:,.0f} days, from {first} to {last}.",
        len(places),
    )
    return finding(
        "gaps",
        Weight.CAREFUL,
        sentence.format(
            n=len(places),
            days=(ends[longest] - begins[longest]) / DAY_SECONDS,
            first=when(begins[longest])[:10],
            last=when(ends[longest])[:10],
        ),
        _(
            "Either nothing was recorded or a part is missing: keep a training and a test period on one side of it."
        ),
        pd.DataFrame(
            {
                _("last row before"): [when(one) for one in begins],
                _("first row after"): [when(one) for one in ends],
                _("days"): np.round((ends - begins) / DAY_SECONDS, 1),
            }
        ),
    )


def _bursts(subject: Subject) -> Finding | None:
    index = subject.index
    if index.time is None:
        return None
    rows, (first, last) = index.everything, index.span
    days = activity.over_time(rows, Unit.DAY, first=first, last=last)
    counts = days["count"].to_numpy()
    active = counts[counts > 0]
    places = np.flatnonzero((counts > _BURST * np.median(active)) & (counts >= _FEW))
    if len(active) < _BURST_DAYS or not len(places):
        return None
    places = places[np.argsort(-counts[places], kind="stable")]
    cuts = rows.cuts(days["start"].iloc[places].to_numpy())
    evidence = {_("day"): days["label"].iloc[places].to_numpy(), _("interactions"): counts[places]}
    for side in SIDES:
        if index.has(side):
            found = zip(cuts[:1000], counts[places[:1000]], strict=True)
            who = [len(np.unique(rows.owner(side)[start : start + n])) for start, n in found]
            evidence[subject.nouns(side)[1]] = np.r_[who, np.zeros(len(places) - len(who), dtype=np.int64)]
    sentence = ngettext(
        "{n} day has more than {times} times the rows of a usual day ({median:,.0f}); most on {day}: {most:,}.",
        "{n} days have more than {times} times the rows of a usual day ({median:,.0f}); most on {day}: {most:,}.",
        len(places),
    )
    return finding(
        "bursts",
        Weight.CAREFUL,
        sentence.format(
            n=len(places),
            times=_BURST,
            median=np.median(active),
            day=days["label"].iloc[places[0]],
            most=int(counts[places[0]]),
        ),
        _(
            "Look who was active on those days: a campaign, an import or a machine teaches other habits than everyday use."
        ),
        pd.DataFrame(evidence),
    )


def _unfinished(subject: Subject) -> Finding | None:
    index = subject.index
    if index.time is None:
        return None
    first, last = index.span
    unit = activity.unit_of(index.everything)
    if unit in (Unit.HOUR, Unit.DAY):
        return None
    table = activity.over_time(index.everything, unit, first=first, last=last)
    begin, end = table[["start", "end"]].iloc[-1]
    passed = (last // HOUR_SECONDS * HOUR_SECONDS + HOUR_SECONDS - begin) / (end - begin)
    if passed >= _OVER or len(table) < 3:
        return None
    return finding(
        "unfinished",
        Weight.NOTE,
        _("The last period ({period}) is not over: the data end on {day}, after {passed:.0%} of it.").format(
            period=periods.labels(np.array([begin]), unit)[0], day=when(last)[:10], passed=passed
        ),
        _("Its low bar is no fall. Leave it out of trends, or keep a range of time in Prepare."),
        table.tail(6)[["label", "count"]].set_axis([_("period"), _("interactions")], axis=1),
    )


CHECKS = (_impossible, _no_time, _same_time, _midnight, _gaps, _bursts, _unfinished)
