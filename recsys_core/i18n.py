"""gettext for every string that a person sees; the only place that knows a language.

`_` translates now, `N_` only marks (for constants made at import, translated when shown).
"""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

DOMAIN = "recsys_studio"
LOCALE_FOLDER = Path(__file__).resolve().parent / "locale"
LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


@lru_cache(maxsize=16)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_FOLDER, languages=[language], fallback=True)


def _(message: str) -> str:
    """The message in the current language; itself where no translation exists."""
    return _catalogue(LANGUAGE.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The singular or plural form that fits `n` in the current language."""
    return _catalogue(LANGUAGE.get()).ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a mark
    """The message unchanged: a mark for extraction, translated with `_` when it is shown."""
    return message
