"""In which encoding a text is written, found from its first part: Unicode where it reads as such, else by its letters."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

import numpy as np

ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1", "gb18030", "cp1251", "shift_jis")
_LOOKED_AT = 200_000
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_LEAST_LETTERS = 4
"""So many letters beyond ASCII say something about the alphabet."""


def encoding_of(head: bytes) -> str:
    """One of ENCODINGS for a file that starts like this; Western letters where nothing speaks for others."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _every_second_is_zero(head):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as problem:
        if problem.start < len(head) - 4:  # not just a character that the end of the head cuts
            return _by_letters(head) or ("cp1252" if _text(head, "cp1252") is not None else "latin-1")
    return "utf-8"


def mark_of(head: bytes) -> int:
    """Bytes of the mark at the start that tells the encoding."""
    return 3 if head.startswith(codecs.BOM_UTF8) else 2 if head.startswith((b"\xff\xfe", b"\xfe\xff")) else 0


def _every_second_is_zero(head: bytes) -> bool:
    """Whether it is UTF-16 without a mark, the low byte first."""
    signs = np.frombuffer(head[: _LOOKED_AT // 2 * 2], dtype=np.uint8)
    pairs = signs[: len(signs) // 2 * 2].reshape(-1, 2)
    return len(pairs) > 4 and bool((pairs[:, 1] == 0).mean() > 0.7) and not (pairs[:, 0] == 0).any()


def _by_letters(head: bytes) -> str | None:
    """The encoding of another alphabet in which all letters beyond ASCII make sense; None where none does."""
    tests: dict[str, Callable[[str, bytes], bool]] = {
        "gb18030": _is_chinese,
        "shift_jis": _is_japanese,
        "cp1251": _is_cyrillic,
    }
    part = head[:_LOOKED_AT]
    for encoding, fits in tests.items():
        text = _text(part, encoding)
        beyond = "" if text is None else "".join(re.findall(r"[^\x00-\x7f]+", text))
        if len(beyond) >= _LEAST_LETTERS and fits(beyond, part):
            return encoding
    return None


def _text(head: bytes, encoding: str) -> str | None:
    """The text, its last character perhaps cut off; None where it is not in this encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return None


def _is_chinese(beyond: str, _part: bytes) -> bool:
    """All in the basic set, and most of the signs among its frequent ones, which start with B0 to D7."""
    try:
        pairs = np.frombuffer(beyond.encode("gb2312"), dtype=np.uint8)[::2]
    except UnicodeEncodeError:
        return False
    return bool(((pairs >= 0xB0) & (pairs <= 0xD7)).mean() > 0.6)


def _is_japanese(beyond: str, _part: bytes) -> bool:
    """Kana and signs of full width, most of them among the frequent ones, which start with 81 to 9F."""
    first = np.array([sign.encode("shift_jis", errors="replace")[0] for sign in beyond])
    return bool(((first >= 0x81) & (first <= 0x9F)).mean() > 0.6)


def _is_cyrillic(beyond: str, part: bytes) -> bool:
    """Whole words of Cyrillic letters, where Western texts have a letter here and there."""
    words = _BEYOND_ASCII.findall(part)
    lower = len(re.findall("[а-яё]", beyond))
    return lower > 0.5 * len(beyond) and len(beyond) >= 3 * len(words)
