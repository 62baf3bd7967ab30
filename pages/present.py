"""Present: the board of pinned views, one after the other on the whole screen, and the report as one page."""

import streamlit as st

from pages.ui import parts, presenting, shell, state

shell.guard()

from recsys_core.i18n import _, ngettext  # noqa: E402
from recsys_core.pins import list_pins  # noqa: E402

with parts.boundary():
    pins = list_pins()
if shell.SLIDE in st.query_params and pins:
    presenting.slides(pins)
    st.stop()

parts.title(_("Present"), _("What do we show, in which order, and how sure are we?"))
data = state.dataset()
if data is None and not pins:
    parts.empty(_("Nothing to present yet."), _("Bring your own data"), "prepare")
with st.container(border=True, horizontal=True, vertical_alignment="center"):
    st.button(
        _("Present"),
        key="present_start",
        type="primary",
        icon=":material/slideshow:",
        disabled=not pins,
        on_click=presenting.show,
        args=(1,),
        help=_("One pin after the other, alone on the screen."),
    )
    if data is not None:
        st.download_button(
            _("Export as one page"),
            presenting.html_of(data),
            f"{data.name}-report.html",
            "text/html",
            key="present_export",
            on_click="ignore",
            icon=":material/download:",
            help=_(
                "One HTML file that needs nothing else, to be mailed or printed: the data, the best model and how sure we "
                "are, the pins of this data set, three people's lists, known limits."
            ),
        )
if pins:
    parts.answer(ngettext("One view is pinned.", "{n} views are pinned.", len(pins)).format(n=len(pins)))
    for place, pin in enumerate(pins):
        presenting.board_row(pin, place, len(pins))
else:
    parts.answer(_("No view is pinned yet."))
    st.markdown(
        _(
            "Open any page, choose what it is to show, press **Pin** on the left and say in one sentence what one sees. "
            "The pinned views stand here in your order."
        )
    )
    st.page_link(shell.file_of("recommend"), label=_("Pin somebody's list"), icon=":material/arrow_forward:")
others = sum(data is not None and pin.dataset != data.name for pin in pins)
if others:
    st.caption(
        ngettext(
            "One pin shows another data set: it is not part of the exported page.",
            "{n} pins show other data sets: they are not part of the exported page.",
            others,
        ).format(n=others)
    )
if data is not None:
    parts.code("present", data=data.name)
parts.about(
    _(
        "**A pin** is an address of this app with one sentence: the page, its choices, the data set and the run. It shows "
        "what is there now; when its data set or run is gone it says so and stays until you remove it."
    ),
    _(
        "**The exported page** holds no script and asks no server for anything. Its figures are those of Metrics; ties are "
        "called ties."
    ),
    _("**On the whole screen** the arrow keys go on and back; Esc leads back here."),
)
