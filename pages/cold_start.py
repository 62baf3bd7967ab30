"""Cold start: pick up to five items you love, get a list of your own."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cached, guards, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.columns import ITEM, ITEM_ROW, TITLE  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.scenarios.lists import picks_lists, reasons  # noqa: E402

MOST_PICKS = 5
CATALOGUE_SHOWN = 20_000

parts.title(_("Cold start"), _("What can a model offer somebody it has never met?"))
data = state.dataset()
if data is None:
    parts.empty(_("Nothing to pick from yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
run = state.run()
if run is None:
    parts.empty(_("No finished run on this data yet."), _("Train a model"), "train")
words = data.words
with parts.boundary():
    serving = cached.serving(run.id, data.fingerprint)
if not serving.scorer.can.new_users:
    st.warning(
        _(
            "{model} knows people by their id only and cannot serve somebody new. Choose another run on the left, "
            "for instance the history encoder."
        ).format(model=_(registry.spec(run.config.model).title)),
        icon=":material/person_off:",
    )
    parts.code("cold_start", run=run.id, picks=[], k=10)
    st.stop()

counts = data.interactions[ITEM_ROW].value_counts()
order = [*counts.index, *data.items.index.difference(counts.index)][:CATALOGUE_SHOWN]
repeated = data.items[TITLE].duplicated(keep=False)
labels = {
    row[ITEM]: f"{row[TITLE]} · {row[ITEM]}" if twice else row[TITLE]
    for row, twice in zip(
        data.items[[ITEM, TITLE]].iloc[order].to_dict("records"), repeated.iloc[order], strict=True
    )
}
most = min(50, data.n_items)
with st.container(border=True):
    controls = st.columns([4, 1], vertical_alignment="bottom")
    picked = controls[0].multiselect(
        _("Pick up to {n} {items} you love").format(n=MOST_PICKS, items=words.items),
        list(labels),
        key=linked("picks", [], options=labels),
        persist_state="session",
        format_func=lambda item: labels.get(item, item),
        max_selections=MOST_PICKS,
        filter_mode="contains",
        select_all=False,
        placeholder=_("Type a title"),
    )
    k = controls[1].number_input(
        _("How many"),
        1,
        most,
        key=linked("k", min(10, most), low=1, high=most),
        persist_state="session",
    )

with parts.boundary():
    rows = data.item_rows(picked) if picked else []
    tables = picks_lists(serving, rows, k=int(k))
current = tables[-1]
because = (
    reasons(serving, rows, current[ITEM_ROW].to_numpy())
    if len(rows) > 1
    else [[] for _row in range(len(current))]
)
if not picked:
    text = _(
        "Knowing nothing of you, the model gives the list that every newcomer gets. Pick something and watch it change."
    )
else:
    new = len(set(current[ITEM_ROW]) - set(tables[0][ITEM_ROW]))
    text = _("{picks} picks changed {new} of {k} places against what everybody gets.").format(
        picks=len(picked), new=new, k=len(current)
    )
    if not serving.scorer.can.personal:
        text += " " + _("This model gives every newcomer the same list, whatever they pick.")
parts.answer(text)


def badge(change: Any) -> str:
    """How a place changed against the list before the last pick; missing: it was not there."""
    if not picked:
        return ""
    if pd.isna(change):
        return f":green-badge[{_('new')}]"
    if change == 0:
        return ""
    arrow, word = ("↑", _("up")) if change > 0 else ("↓", _("down"))
    return f":gray-badge[{arrow} {word} {abs(int(change))}]"


titles = data.items[TITLE]
listed, steps = st.columns([3, 2], gap="medium")
with listed:
    st.header(_("Your list"))
    low, high = float(current["score"].min()), float(current["score"].max())
    for (_place, line), carried in zip(current.iterrows(), because, strict=True):
        reason = ""
        if carried:
            names = _(" and ").join(parts.plain(titles.iloc[one]) for one in carried)
            reason = _("because you picked {titles}").format(titles=names)
        share = (line["score"] - low) / (high - low) if high > low else 1.0
        parts.card(
            line, data.item_attributes, share=0.08 + 0.92 * share, badge=badge(line["change"]), reason=reason
        )
with steps:
    st.header(_("What changed with each pick"))
    if not picked:
        st.caption(_("Each pick adds a line here: what came in and what went out."))
    for place, item in enumerate(picked, start=1):
        before, after = tables[place - 1], tables[place]
        came = [titles.iloc[one] for one in after[ITEM_ROW] if one not in set(before[ITEM_ROW])]
        gone = [titles.iloc[one] for one in before[ITEM_ROW] if one not in set(after[ITEM_ROW])]
        with st.container(border=True):
            st.markdown(f"**{place}. {parts.plain(labels.get(item, item))}**")
            st.caption(_("came in: {titles}").format(titles=", ".join(map(parts.plain, came)) or "–"))
            st.caption(_("went out: {titles}").format(titles=", ".join(map(parts.plain, gone)) or "–"))
parts.code("cold_start", run=run.id, picks=list(picked), k=int(k))
parts.about(
    _(
        "A model that reads histories needs no id: your picks are a history, one pass through the network gives the list. "
        "It was trained on random parts of histories, short ones too, so that one pick already helps."
    ),
    _(
        "What a person takes first is not a random part of what they take, so trust a list from one pick less than a "
        "list from five."
    ),
)
