"""The parts of a model in a bundle: what is asked of their settings."""

from __future__ import annotations

from typing import Any

import pytest

from recsys_core.bundles.parts import checked_settings
from recsys_core.errors import DataError


@pytest.mark.parametrize("settings", [{}, {"batch_size": 32}])
def test_a_model_whose_package_is_not_here_is_asked_for_whatever_its_settings(
    settings: dict[str, Any],
) -> None:
    with pytest.raises(DataError, match=r"no model 'theirs'.* must be installed beside the app"):
        checked_settings("theirs", settings, "config.json")
