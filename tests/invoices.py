"""A few invoice lines of a gift shop, as the archive of Online Retail II holds them."""

from __future__ import annotations

import io
import zipfile

import pandas as pd

from recsys_core.data import online_retail

FIRST = [
    ("489434", 85048, "GLASS BALL ", 12, "2009-12-01 07:45:00", 6.95, 13085, "France"),
    ("489434", "79323P", "PINK LIGHTS", 3, "2009-12-01 07:45:00", 6.75, 13085, "France"),
    ("489435", 85048, "GLASS  BALL", 2, "2010-02-01 10:00:00", 6.95, 13085, "France"),
    ("489436", 85048, "15CM GLASS BALL", 1, "2010-01-01 10:00:00", 6.95, 13085, "Spain"),
    ("489437", 85048, None, 4, "2010-01-01 11:00:00", 0.0, 12346, "United Kingdom"),
    ("489438", "79323P", "?", 5, "2010-01-01 11:00:00", 6.75, None, "United Kingdom"),
    ("C489439", 85048, "GLASS BALL", -2, "2010-01-01 12:00:00", 6.95, 12346, "United Kingdom"),
    ("489440", "POST", "POSTAGE", 1, "2010-01-01 12:00:00", 18.0, 12346, "United Kingdom"),
    ("536365", 22041, "RECORD FRAME", 7, "2010-12-01 08:26:00", 2.55, 12346, "United Kingdom"),
]
SECOND = [
    ("536365", 22041, "RECORD FRAME", 7, "2010-12-01 08:26:00", 2.55, 12346, "United Kingdom"),
    ("581587", 22899, "APRON", 6, "2011-12-09 12:50:00", 2.1, 12680, "Germany"),
]


def invoice_lines(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(online_retail.COLUMNS))
    return table.assign(InvoiceDate=pd.to_datetime(table["InvoiceDate"]))


def workbook(sheets: dict[str, pd.DataFrame]) -> bytes:
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        for name, table in sheets.items():
            table.to_excel(writer, sheet_name=name, index=False)
    return buffer.getvalue()


def archive_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def official_archive() -> bytes:
    """An archive laid out like UCI's; the second sheet repeats an invoice of the first."""
    tables = (invoice_lines(FIRST), invoice_lines(SECOND))
    sheets = dict(zip(online_retail.SHEETS, tables, strict=True))
    return archive_of({online_retail.MEMBER: workbook(sheets)})
