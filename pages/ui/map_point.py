"""Map's point that is looked at: what is known of it, and what is nearest to it in the full space."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, shell
from pages.ui.map_drawing import Coloured
from recsys_core.i18n import _
from recsys_core.scenarios.embedding_map import ITEMS, EmbeddingMap
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.people import portrait

ROW_HEIGHT = 35
MOST_KINDS = 4


def show(serving: Serving, found: EmbeddingMap, seen: Coloured, chosen: str) -> None:
    """The chosen point, or how to choose one."""
    words = serving.data.words
    one = words.item if found.of == ITEMS else words.user
    if not chosen:
        with st.container(border=True):
            st.header(_("Nothing chosen"), anchor=False)
            st.markdown(
                _(
                    "Click a point, or find one by name above, to see what the model takes to be like that {one}."
                ).format(one=one)
            )
        return
    point = int(seen.points.index[seen.points["id"] == chosen][0])
    row = seen.points.iloc[point]
    st.header(parts.plain(row["title"] if found.of == ITEMS else f"{words.user} {row['id']}"), anchor=False)
    if found.of == ITEMS:
        _item(serving, found, point)
    else:
        _user(serving, int(found.rows[point]), str(row["id"]))
    st.markdown("**" + parts.plain(_("Nearest in the full space, not on the picture")) + "**")
    near = found.near[point]
    table = seen.points.iloc[near][["id", "title", "chosen"]].assign(likeness=found.likeness(point, near))
    names = {
        "title" if found.of == ITEMS else "id": one.capitalize(),
        "likeness": _("Alike"),
        "chosen": _("Chosen by") if found.of == ITEMS else _("Chose"),
    }
    st.dataframe(
        table[list(names)].rename(columns=names),
        key="map_near",
        hide_index=True,
        height=ROW_HEIGHT * (len(table) + 1) + 2,
        column_config={
            names["likeness"]: st.column_config.NumberColumn(
                format="%.2f", help=_("Cosine of the two vectors: 1 is the same."), width=55
            ),
            names["chosen"]: st.column_config.NumberColumn(width=75),
            one.capitalize(): st.column_config.TextColumn(width=155),
        },
        alt=_("The nearest ones and how alike they are"),
    )


def _item(serving: Serving, found: EmbeddingMap, point: int) -> None:
    data, row = serving.data, int(found.rows[point])
    values = parts.attribute_values(data.items.iloc[row], data.item_attributes)
    if values:
        st.markdown(parts.chips(values))
    st.caption(
        _("Chosen by {n:,} {users} in training and validation.").format(
            n=int(serving.popularity[row]), users=data.words.users
        )
    )


def _user(serving: Serving, row: int, who: str) -> None:
    """A user at a glance, and the way to their list."""
    data = serving.data
    seen = portrait(serving, row)
    st.markdown(parts.plain(seen.sentence(data), parts.LONGEST_SENTENCE))
    values = parts.attribute_values(data.users.iloc[row], data.user_attributes)
    if values:
        st.markdown(parts.chips(values))
    if len(seen.taste):
        liked = [
            _("{value} {share:.0%} (all: {everyone:.0%})").format(
                value=line["value"], share=line["share"], everyone=line["everyone"]
            )
            for line in seen.taste.head(MOST_KINDS).to_dict("records")
        ]
        st.caption(parts.plain(" · ".join(liked), parts.LONGEST_SENTENCE))
    st.session_state["user"] = who  # whoever is looked at here is so on every page
    st.page_link(
        shell.file_of("recommend"),
        label=_("What {user} {id} would be shown").format(user=data.words.user, id=parts.plain(who)),
        icon=":material/recommend:",
    )
