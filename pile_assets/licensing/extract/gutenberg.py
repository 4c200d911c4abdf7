"""Project Gutenberg: the rights field of a book's catalogue record, about all of the book's files.

The catalogue is the host's; what a book's own banner says is never asked: it can be missing from a copyrighted book, and
stand in one that is not. A metadata file of somebody who mirrors the books is no statement either.
"""

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import rdf


def of_book(book: rdf.Book, scope: str, record: str, sha256: str = "") -> tuple[Claim, ...]:
    """The claims of one record about the files below `scope`; empty where it states no rights."""
    where = f"{record} dcterms:rights"
    return statements.distinct(
        claim
        for raw in book.rights
        for claim in statements.stated(raw, "gutenberg-rights", where, kind="whole", scope=scope, who="host", sha256=sha256)
    )
