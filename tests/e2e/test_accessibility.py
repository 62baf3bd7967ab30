"""axe-core finds nothing on any page, in light and dark, that is ours to mend."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import HEADINGS, OpenBrowser, at_rest, serving, visit

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
def address(made_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on the shop."""
    folder = tmp_path_factory.mktemp("axe") / "workspace"
    shutil.copytree(made_shop, folder)
    with serving(folder, RECSYS_DISPATCHER="0") as running:
        yield running


def _violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, context=NOT_OURS).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


@pytest.mark.parametrize("path", HEADINGS)
def test_axe_finds_nothing(path: str, address: str, open_browser: OpenBrowser) -> None:
    page = open_browser(scheme="light")
    visit(page, address, path)
    assert _violations(page) == []
    ground = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")  # the app follows what the system says, as it does at night
    page.wait_for_function(f"light => {ground} !== light", arg=light)
    at_rest(page)
    assert _violations(page) == []
