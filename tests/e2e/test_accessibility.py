"""axe-core finds nothing on any page, in light and dark, that is ours to mend."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import HEADINGS, OpenBrowser, serving, visit

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", HEADINGS)
def test_axe_finds_nothing(path: str, scheme: str, address: str, open_browser: OpenBrowser) -> None:
    page = open_browser(scheme=scheme)
    visit(page, address, path)
    found = Axe().run(page, context=NOT_OURS).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
