"""One attribute as numbers: a number, one of few words, a list of words, or free text.

Every cell that is known becomes about unit length, so that no column outshouts the others; a cell that is not known
becomes zeros (for numbers: a flag). Whatever stands in a cell, nothing here raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags, hstack

from recsys_core.types import FloatArray

MAX_CATEGORIES = 200
MAX_VALUES = 200
BINS = 8
FARTHEST = 4.0
"""Standard deviations at which a number is cut: one absurd price must not drown the rest."""
LIST_SEPARATOR = "|"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?"
_SECONDS_A_YEAR = 365.25 * 86_400
_LONGEST_NUMBER = 30
_LONGEST_TEXT = 2_000


class Column(Protocol):
    """How one column of a table becomes cells of a vector."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """The column's name."""

    @property
    def width(self) -> int:
        """Number of cells."""

    def labels(self) -> list[str]:
        """What each cell stands for, (width,)."""

    def encode(self, column: pd.Series) -> csr_matrix:
        """The cells, float32, shape (n, width)."""


def cell_text(cell: Any) -> str | None:
    """A cell as text, None where nothing stands in it; whole numbers without '.0', lists as their words."""
    if isinstance(cell, (list, tuple, np.ndarray)):
        return " ".join(filter(None, map(cell_text, cell))) or None
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()[:_LONGEST_TEXT] or None


def texts_of(column: pd.Series) -> list[str | None]:
    """Each cell as `cell_text` reads it."""
    return [cell_text(cell) for cell in column]  # not Series.map, which would turn None into NaN


def cell_values(cell: Any) -> list[str]:
    """The distinct values of a list, in order; a text is cut at '|'."""
    if isinstance(cell, (list, tuple, set, frozenset, np.ndarray)):
        texts = [cell_text(one) for one in cell]
    else:
        texts = [part.strip() for part in (cell_text(cell) or "").split(LIST_SEPARATOR)]
    return list(dict.fromkeys(filter(None, texts)))


def numbers_of(column: pd.Series, *, is_time: bool) -> FloatArray:
    """The cells as float64, NaN where they are no finite numbers; times in years since 1970; shape (n,)."""
    if is_time:
        times = pd.to_datetime(
            pd.Series(texts_of(column), dtype="str"), errors="coerce", utc=True, format="mixed"
        )
        seconds = times.dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.float64)
        return np.where(times.isna(), np.nan, seconds / _SECONDS_A_YEAR)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        column = pd.Series(texts_of(column), dtype="str")
        column = column.where(column.str.len() < _LONGEST_NUMBER)  # beyond it Python's integers overflow
    found = pd.to_numeric(column, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(found) & (np.abs(found) < 1e100), found, np.nan)


def looks_like_dates(texts: Sequence[str]) -> bool:
    """Whether nearly all texts begin like 2020-01-31."""
    return bool(len(texts)) and float(pd.Series(texts, dtype="str").str.fullmatch(_DATE).mean()) > 0.95


@dataclass(frozen=True)
class NumberColumn:
    """A number three ways: standardised, as one of at most 8 equally filled bins, and whether it is missing.

    The bins let a linear model say that the middle is liked most.
    """

    kind: ClassVar[str] = "number"
    name: str
    mean: float
    deviation: float
    edges: tuple[float, ...]
    is_time: bool = False

    @classmethod
    def fit(cls, name: str, column: pd.Series, *, is_time: bool = False) -> Self:
        """Mean, deviation and quantiles of the cells that are numbers."""
        found = numbers_of(column, is_time=is_time)
        found = found[np.isfinite(found)]
        if not len(found):
            return cls(name, 0.0, 1.0, (), is_time)
        inner = np.quantile(found, np.arange(1, BINS) / BINS)
        edges = tuple(float(edge) for edge in np.unique(inner) if edge > found.min())
        return cls(name, float(found.mean()), float(found.std()) or 1.0, edges, is_time)

    @property
    def width(self) -> int:
        """Value, flag and bins."""
        return 3 + len(self.edges)

    def labels(self) -> list[str]:
        """The column's name and the beginnings of the bins."""
        starts = ["", *(f"{edge:g}" for edge in self.edges)]
        return [self.name, f"{self.name}: ?", *(f"{self.name}: {start}.." for start in starts)]

    def encode(self, column: pd.Series) -> csr_matrix:
        """Standardised value cut at 4, 1 where missing, 1 in the number's bin."""
        found = numbers_of(column, is_time=self.is_time)
        known = np.isfinite(found)
        cells = np.zeros((len(found), self.width), dtype=np.float32)
        standard = (found[known] - self.mean) / self.deviation
        cells[known, 0] = np.clip(standard, -FARTHEST, FARTHEST)
        cells[~known, 1] = 1.0
        cells[np.flatnonzero(known), 2 + np.searchsorted(self.edges, found[known], side="right")] = 1.0
        return csr_matrix(cells)


@dataclass(frozen=True)
class CategoryColumn:
    """One of few words: a 1 in its cell; a word that was not seen has a cell of its own, the first."""

    kind: ClassVar[str] = "category"
    name: str
    words: tuple[str, ...]

    @classmethod
    def fit(cls, name: str, column: pd.Series) -> Self:
        """The most frequent words, the alphabetically first of equals."""
        return cls(name, _most_frequent(filter(None, texts_of(column)), MAX_CATEGORIES))

    @property
    def width(self) -> int:
        """Words and the cell of the others."""
        return 1 + len(self.words)

    def labels(self) -> list[str]:
        """The words behind the column's name."""
        return [f"{self.name}: {word}" for word in ("…", *self.words)]

    def encode(self, column: pd.Series) -> csr_matrix:
        """One hot; nothing where missing."""
        return _multi_hot([[text] if text else [] for text in texts_of(column)], self.words)


@dataclass(frozen=True)
class ListColumn:
    """Several words a cell: each 1 / sqrt(number of words), so that long lists weigh like short ones."""

    kind: ClassVar[str] = "list"
    name: str
    words: tuple[str, ...]

    @classmethod
    def fit(cls, name: str, column: pd.Series) -> Self:
        """The most frequent words, the alphabetically first of equals."""
        return cls(name, _most_frequent((word for cell in column for word in cell_values(cell)), MAX_VALUES))

    @property
    def width(self) -> int:
        """Words and the cell of the others."""
        return 1 + len(self.words)

    def labels(self) -> list[str]:
        """The words behind the column's name."""
        return [f"{self.name}: {word}" for word in ("…", *self.words)]

    def encode(self, column: pd.Series) -> csr_matrix:
        """Multi-hot of unit length (over the words; those not seen share a cell)."""
        return _multi_hot(list(map(cell_values, column)), self.words)


@dataclass(frozen=True)
class TextColumn:
    """Free text, or words too many to count: hashed words, pairs of words, and parts of words.

    Weights are those of rarity (inverse document frequency, Spärck Jones, J. Documentation 1972); a part that only
    one text has counts nothing, for it could only name that text. Hashing: Weinberger et al., ICML 2009.
    """

    kind: ClassVar[str] = "text"
    name: str
    weights: tuple[float, ...]
    """By cell: first half words and pairs, second half parts of words."""

    @classmethod
    def fit(cls, name: str, column: pd.Series, *, width: int) -> Self:
        """Counts in how many texts each cell occurs; `width` is even."""
        counted = _hashed(texts_of(column), width)
        occurs = np.bincount(counted.indices, minlength=width)
        rarity = np.log((1 + counted.shape[0]) / (1 + occurs)) + 1.0
        return cls(name, tuple(np.where(occurs > 1, np.round(rarity, 3), 0.0).tolist()))

    @property
    def width(self) -> int:
        """Hashed cells."""
        return len(self.weights)

    def labels(self) -> list[str]:
        """Numbered: a hash tells no words."""
        return [f"{self.name} #{cell}" for cell in range(self.width)]

    def encode(self, column: pd.Series) -> csr_matrix:
        """Weighted n-grams, unit length; nothing where missing or where nothing is shared with another text."""
        weighted = (_hashed(texts_of(column), self.width) @ diags(self.weights)).tocsr()
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        scaled = csr_matrix(diags(1.0 / np.where(length > 0, length, 1.0)) @ weighted, dtype=np.float32)
        scaled.eliminate_zeros()
        return scaled


KINDS: dict[str, type[Any]] = {
    one.kind: one for one in (NumberColumn, CategoryColumn, ListColumn, TextColumn)
}


def column_as_dict(column: Column) -> dict[str, Any]:
    """The column as plain JSON values."""
    return {"kind": column.kind, **asdict(column)}  # type: ignore[call-overload]


def column_from_dict(stored: dict[str, Any]) -> Column:
    """The column that `column_as_dict` wrote; raises KeyError or TypeError for anything else."""
    rest = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    column: Column = KINDS[str(rest.pop("kind"))](**rest)
    return column


def _most_frequent(words: Any, most: int) -> tuple[str, ...]:
    counts = Counter(words)
    return tuple(sorted(counts, key=lambda word: (-counts[word], word))[:most])


def _multi_hot(cells: list[list[str]], words: Sequence[str]) -> csr_matrix:
    """Each row's words at 1 / sqrt(their number), (n, 1 + len(words)); those that are not in `words` at 0."""
    place = {word: 1 + row for row, word in enumerate(words)}
    counts = np.array([len(cell) for cell in cells], dtype=np.int64)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    indices = np.array([place.get(word, 0) for cell in cells for word in cell], dtype=np.int32)
    data = np.repeat(1.0 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    found = csr_matrix((data, indices, indptr), shape=(len(cells), 1 + len(words)))
    found.sum_duplicates()
    return found


def _hashed(texts: list[str | None], width: int) -> csr_matrix:
    """Which n-grams each text has, 0 or 1, (n, width): words in the first half, parts of words in the second."""
    from sklearn.feature_extraction.text import HashingVectorizer  # a second to import, so only where text is

    shared = {"n_features": width // 2, "alternate_sign": False, "norm": None, "binary": True}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\w+", **shared)
    parts = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shared)
    plain = [text or "" for text in texts]
    if not plain:
        return csr_matrix((0, width), dtype=np.float32)
    return csr_matrix(hstack([words.transform(plain), parts.transform(plain)]), dtype=np.float32)
