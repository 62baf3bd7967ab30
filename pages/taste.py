"""Taste test: two runs' lists, unnamed, in an order drawn anew each round; pick the better one."""

import streamlit as st

from pages.ui import cached, guards, parts, shell, state, tasting
from pages.ui.links import linked

shell.guard()

from recsys_core.i18n import _  # noqa: E402
from recsys_core.scenarios.leaderboard import finished_runs  # noqa: E402
from recsys_core.scenarios.taste import LEAST_VOTES, standing, tally, verdict, votes_on  # noqa: E402

SOMEBODY, YOU = "somebody", "you"

parts.title(_("Taste test"), _("Which of two lists is better, when nobody says who made it?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to taste yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
runs = tasting.comparable(finished_runs(data))
if len(runs) < 2:
    parts.empty(
        _("A taste test takes two finished runs on the same split.")
        if finished_runs(data)
        else _("No finished run on this data yet."),
        _("Train a model"),
        "train",
    )
words, most = data.words, min(20, data.n_items)
labels = {run.id: state.run_label(run) for run in runs}
with st.container(border=True):
    controls = st.columns([1.4, 1.4, 1, 0.7], vertical_alignment="bottom")
    first = controls[0].selectbox(
        _("First run"),
        list(labels),
        key=tasting.run_key("one", tasting.usual(runs)[0], labels),
        persist_state="session",
        format_func=lambda one: labels.get(one, one),
        help=_("Runs on the same split: they left the same {items} out.").format(items=words.items),
    )
    others = [run_id for run_id in labels if run_id != first]
    usual = next(run_id for run_id in (*tasting.usual(runs), *others) if run_id in others)
    second = controls[1].selectbox(
        _("Second run"),
        others,
        key=tasting.run_key("other", usual, others),
        persist_state="session",
        format_func=lambda one: labels.get(one, one),
        help=_("Which of the two stands left is drawn anew each round."),
    )
    whose = {SOMEBODY: words.user.capitalize(), YOU: _("You")}
    who = controls[2].radio(
        _("Lists for"),
        list(whose),
        key=linked("who", SOMEBODY, options=whose),
        persist_state="session",
        format_func=whose.get,
        horizontal=True,
        help=_("Somebody of the data, or you after a few picks."),
    )
    with controls[3].popover(_("More"), key="taste_more"):
        k = st.number_input(
            _("How many"),
            1,
            most,
            key=linked("length", min(5, most), low=1, high=most),
            persist_state="session",
            help=_("The length of the two lists."),
        )
        user = tasting.ask_person(data) if who == SOMEBODY else None
    picks = tasting.ask_picks(data) if who == YOU else []
with parts.boundary():
    pair = (min(first, second), max(first, second))
    servings = (cached.serving(pair[0], data.fingerprint), cached.serving(pair[1], data.fingerprint))

votes = votes_on(*pair)
enough = len(votes) >= LEAST_VOTES
revealed = enough and bool(st.session_state.get("taste_reveal"))
counted = tally(votes, first, second)
said = verdict(counted, labels[first], labels[second]) if revealed else standing(votes, tasting.session())
parts.answer(said)
if revealed:
    tasting.show_tally(counted, labels[first], labels[second])
with parts.boundary():
    tasting.show_round(
        data, servings, pair, labels, user=user, picks=picks, you=who == YOU, k=int(k), named=revealed
    )
st.toggle(
    _("Show who is who"),
    key="taste_reveal",
    disabled=not enough,
    on_change=tasting.next_round,
    help=_(
        "Names the two and shows the tally, once there are {n} votes. While names are shown nobody votes."
    ).format(n=LEAST_VOTES),
)
parts.code("taste", first=pair[0], second=pair[1], k=int(k))
parts.about(
    _(
        "**Blind**: neither names nor scores are shown, and which run stands on the left is drawn anew each round. People "
        "who get the same list from both are passed over."
    ),
    _(
        "**The tally** leaves out the votes for both the same. Its interval is the exact one, 95 %: as long as it holds one "
        "half, the votes cannot tell the two apart. Votes of everybody who uses this workspace add up; a double click "
        "counts once."
    ),
    _(
        "**What it cannot say**: you judge for somebody else from what they chose before, or for yourself from a few "
        "picks, so this is taste at first sight and no proof of what people would do."
    ),
)
