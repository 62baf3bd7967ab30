"""axe-core finds nothing on any page, in light and dark, that is ours to mend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import HEADINGS, at_rest, go, visit, watched_windows

# Streamlit's own menu nests lists in a way that axe refuses; its upload box has a role and a name at once; Vega gives
# the mark of a brush a role but no name, and no way to set one (the chart itself has a name).
NOT_OURS = {
    "exclude": [
        ["[data-testid=stSidebarNav]"],
        ["[data-testid=stFileUploaderDropzone]"],
        [".period_brush"],
        [".period_brush_bg"],
    ]
}


@pytest.fixture(scope="module")
def page(shop_address: str, browser: Browser) -> Iterator[Page]:
    """One window for all pages: half of a page's cost is a window that was never here."""
    with watched_windows(browser) as opened:
        window = opened()
        visit(window, shop_address)
        yield window


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds on the page as it stands: the rule, and the beginning of the first place."""
    found = Axe().run(page, context=NOT_OURS).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


GROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


def change_scheme(page: Page, scheme: Literal["light", "dark"]) -> None:
    """The app follows what the system says, as it does at night."""
    before = page.evaluate(GROUND)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"before => {GROUND} !== before", arg=before)
    at_rest(page)


@pytest.mark.parametrize("heading", HEADINGS.values())
def test_axe_finds_nothing(heading: str, page: Page) -> None:
    go(page, "Home" if heading == HEADINGS[""] else heading, heading)
    assert violations(page) == []
    change_scheme(page, "dark")
    assert violations(page) == []
    change_scheme(page, "light")
