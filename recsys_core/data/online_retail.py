"""Online Retail II: two years of a British gift shop's invoices, from the UCI Machine Learning Repository.

UCI names no checksum: sizes, members and columns are checked instead, and the sha256 is recorded.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from recsys_core import files
from recsys_core.columns import Kind
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.dataset import Dataset, Provenance, Words
from recsys_core.data.downloads import MEGABYTE, UNWATCHED, Watch, WebFile, fetched, write_terms
from recsys_core.data.importing import Tables, import_tables
from recsys_core.data.recipe import Recipe
from recsys_core.data.tables import SOURCE
from recsys_core.errors import DataError
from recsys_core.i18n import N_, _

NAME = "online-retail"
OFFICIAL = WebFile(
    url="https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip",
    name="online_retail_ii.zip",
    size=45 * MEGABYTE,
    most=200 * MEGABYTE,
)
MEMBER = "online_retail_II.xlsx"
SHEETS = ("Year 2009-2010", "Year 2010-2011")
COLUMNS = (
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country",
)  # fmt: skip
TERMS = N_(
    "Online Retail II is under the Creative Commons Attribution 4.0 International licence (CC BY 4.0): it may be "
    "shared and adapted for any purpose, provided that the source is credited."
)
CITATION = "Daqing Chen. 2019. Online Retail II. UCI Machine Learning Repository. doi:10.24432/C5CG6D"
WORDS = Words(
    item="product", items="products", user="customer", users="customers", value="quantity", verb="bought"
)
MOST_UNPACKED = 3_000 * MEGABYTE
_TEXTS = dict.fromkeys(("Invoice", "StockCode", "Description", "Country"), "str")

RECIPE = (
    Recipe.plain(
        ColumnMap(
            "Customer ID",
            "StockCode",
            "Quantity",
            "InvoiceDate",
            title="Description",
            user_attributes=("Country",),
        ),
        Kind.IMPLICIT,
        words=WORDS,
    )
    .with_step("cancelled", on=True, column="Invoice", prefix="C")
    .with_step("products", on=True)
    .with_step("repeated", keep="sum")
)
"""How the lines are cleaned: what Prepare proposes for this file, written down."""


def fetch_online_retail(cache: Path, *, official: WebFile = OFFICIAL, watch: Watch = UNWATCHED) -> Dataset:
    """Who bought which product and how often; downloaded into `cache` unless the archive lies there.

    Raises:
        SourceUnreachable: the address did not give the file.
        DataError: the archive does not hold what it should; it is removed.
        Cancelled: the person asked to stop.
    """
    write_terms(cache, NAME, "Online Retail II", TERMS, CITATION)
    path = fetched(official, cache, watch)
    try:
        raw = read_raw(path, watch=watch)
    except DataError:
        path.unlink(missing_ok=True)  # no checksum says that it is the right file, and it is not
        raise
    watch.tell("cleaning")
    source = _("UCI Machine Learning Repository, Online Retail II (sha256 {sha256})")
    return to_dataset(raw, source=source.format(sha256=files.sha256_of(path)))


def read_raw(path: Path, *, sheets: Sequence[str] = SHEETS, watch: Watch = UNWATCHED) -> pd.DataFrame:
    """The invoice lines of the sheets, as they stand there, with the columns `COLUMNS`.

    The second sheet repeats nine days of the first: an invoice is taken from the first sheet that has it.

    Args:
        path: the official zip archive.
        sheets: which sheets, in order.

    Raises:
        DataError: it is no such archive, or the sheets or columns are others.
    """
    book = io.BytesIO(_workbook(path))
    tables: list[pd.DataFrame] = []
    for place, sheet in enumerate(sheets):
        watch.tell("reading", share=place / len(sheets))
        table = _sheet(book, sheet, path)
        for before in tables:
            table = table[~table["Invoice"].isin(set(before["Invoice"]))]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _workbook(path: Path) -> bytes:
    """The one member of the archive, a workbook that does not unpack to more than it may."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if names != [MEMBER]:
                raise _unexpected(path, _("it holds {names}").format(names=", ".join(names)[:200]))
            if archive.getinfo(MEMBER).file_size > OFFICIAL.most:
                raise _unexpected(path, _("its workbook is too large"))
            content = archive.read(MEMBER)
        with zipfile.ZipFile(io.BytesIO(content)) as workbook:
            if sum(one.file_size for one in workbook.infolist()) > MOST_UNPACKED:
                raise _unexpected(path, _("its workbook is too large"))
    except zipfile.BadZipFile:
        raise _unexpected(path, _("it is no zip archive with a workbook")) from None
    return content


def _sheet(book: io.BytesIO, sheet: str, path: Path) -> pd.DataFrame:
    book.seek(0)
    try:
        table = pd.read_excel(book, sheet_name=sheet, engine="calamine", dtype=_TEXTS)
    except Exception as problem:  # the reader has an error class for each way in which a workbook is broken
        raise _unexpected(
            path,
            _("sheet {sheet} cannot be read ({problem})").format(
                sheet=repr(sheet), problem=str(problem)[:200] or type(problem).__name__
            ),
        ) from problem
    _check_columns(table, f"{path.name}, {sheet}")
    return table[list(COLUMNS)]


def _check_columns(table: pd.DataFrame, where: str) -> None:
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise DataError(
            what=_("column {column} is missing").format(column=", ".join(missing)),
            where=where,
            remedy=_("fetch the official file again"),
        )


def _unexpected(path: Path, what: str) -> DataError:
    remedy = _("fetch it again, or put the official file {file} into the folder 'cache' of the workspace")
    return DataError(what=what, where=path.name, remedy=remedy.format(file=OFFICIAL.name))


def to_dataset(raw: pd.DataFrame, *, source: str = "Online Retail II") -> Dataset:
    """Invoice lines as implicit feedback: one row a customer and product, the value is the quantity in all.

    Lines without a customer, cancelled lines, quantities not above zero and codes without a digit (postage,
    fees, corrections) are left out by `RECIPE`. The time is the last purchase; a product's title is its most
    frequent description, a customer's country the most frequent one, of equals the first by the alphabet.

    Args:
        raw: columns `COLUMNS`; customers as numbers or text, dates as times or text (taken as UTC).
        source: where the lines came from.

    Raises:
        DataError: a column is missing or no line is left.
    """
    _check_columns(raw, source)
    lines = raw.copy(deep=False)
    lines.attrs = {SOURCE: source}
    made = import_tables(NAME, Tables(lines), RECIPE).dataset
    return replace(made, provenance=Provenance(source, terms=TERMS, citation=CITATION))
