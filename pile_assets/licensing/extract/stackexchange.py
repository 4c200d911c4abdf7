"""Stack Exchange dumps: the licence of each contribution, and of a document made of several.

A row says its licence in `ContentLicense`; rows of dumps before 2020 have no such column, and then the day of the
contribution decides: `LastEditDate`, because an edit republishes the whole post, else `CreationDate`. A document of a
question, its answers and comments is under the licences of all of them at once.
"""

from collections.abc import Iterable, Iterator, Mapping

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import xml

LARGEST = 512 * 1024 * 1024
"""Bytes of a table that is read whole. Larger sites are for a connector that streams its rows."""


def rows(content: bytes) -> Iterator[Mapping[str, str]]:
    """The rows of one table (Posts.xml, Comments.xml, …) as their attributes. Raises `xml.UnreadableXml`."""
    for row in xml.parse(content.removeprefix(b"\xef\xbb\xbf"), LARGEST).iter("row"):
        yield {str(name): str(value) for name, value in row.attrib.items()}


def of_row(row: Mapping[str, str], table: str, document: str, sha256: str = "") -> tuple[Claim, ...]:
    """What one contribution says of its licence, as a claim about `document`; a row without column and date says nothing.

    The column counts as it stands: an unknown value is not replaced by the rule of dates.
    """
    where = f"{table} row {row.get('Id', '?')}"
    if "ContentLicense" in row:
        field, raw = "ContentLicense", row["ContentLicense"]
    else:
        field = "LastEditDate" if row.get("LastEditDate") else "CreationDate"
        raw = row.get(field, "")
        if not raw:
            return ()
    return statements.stated(raw, "stackexchange", f"{where} {field}", scope=document, who="host", sha256=sha256)


def of_document(parts: Iterable[tuple[str, Mapping[str, str]]], document: str, sha256: str = "") -> tuple[Claim, ...]:
    """The claims of a document made of rows of several tables: (table, row) pairs. A silent row blocks all of it."""
    claims: list[Claim] = []
    for table, row in parts:
        made = of_row(row, table, document, sha256)
        claims += made or statements.unreadable("a row without ContentLicense and date", f"{table} row", scope=document)
    return statements.distinct(claims)
