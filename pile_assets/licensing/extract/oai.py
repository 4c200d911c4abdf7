"""OAI-PMH answers: arXiv's `license` element and the `dc:rights` of Dublin Core, record by record.

A record is metadata; what it says of rights it says of the text behind it. arXiv relays what the submitter chose, and any
repository what its depositor did: the host speaks. A record of arXiv without the element was submitted under arXiv's own
licence (so its help pages on licences), which lets arXiv distribute and nobody else; that is for the verdict to see as silence.
"""

from collections.abc import Iterator, Mapping

from lxml import etree

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import xml

LARGEST = 32 * 1024 * 1024
"""Bytes of one answer. arXiv answers with 1,000 records in about 2 MB."""

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_ARXIV = frozenset({"http://arxiv.org/OAI/arXiv/", "http://arxiv.org/OAI/arXivRaw/"})
_RIGHTS = frozenset(
    {"{http://purl.org/dc/elements/1.1/}rights", "{http://purl.org/dc/terms/}rights", "{http://purl.org/dc/terms/}license"}
)


def of_records(content: bytes, where: str, sha256: str = "") -> Mapping[str, tuple[Claim, ...]]:
    """Record identifier to its claims, in the order of the answer; deleted records and protocol errors have none.

    Raises `xml.UnreadableXml` where the answer is not XML: then nothing is known of any record in it.
    """
    root = xml.parse_typed(content, LARGEST)
    records = list(root.iter(f"{_OAI}record")) or ([root] if etree.QName(root).namespace in _ARXIV else [])
    found: dict[str, tuple[Claim, ...]] = {}
    for number, record in enumerate(records):
        name = _identifier(record) or f"record {number}"
        if 'status="deleted"' not in etree.tostring(record, encoding="unicode")[:400]:
            found[name] = found.get(name, ()) + tuple(_of_record(record, name, where, sha256))
    return found


def _in_arxiv(element: etree._Element) -> bool:
    """Whether an element lies in arXiv's metadata by the name alone: answers of 2016 do not declare its namespace."""
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname in ("arXiv", "arXivRaw")


def _identifier(record: etree._Element) -> str:
    for tag in (f"{_OAI}header/{_OAI}identifier", "{http://arxiv.org/OAI/arXiv/}id", "{http://arxiv.org/OAI/arXivRaw/}id"):
        if words := (record.findtext(tag) or "").strip():
            return words
    return ""


def _of_record(record: etree._Element, name: str, where: str, sha256: str) -> Iterator[Claim]:
    for element in record.iter("*"):
        tag = etree.QName(element)
        words = "".join(str(piece) for piece in element.itertext()).strip()
        if tag.localname == "license" and (tag.namespace in _ARXIV or _in_arxiv(element)):
            yield from statements.stated(words, "arxiv", f"{where} license", scope=name, who="host", sha256=sha256)
        elif element.tag in _RIGHTS and words:
            place = f"{where} {tag.localname}"
            yield from statements.stated(words, "rights-statement", place, scope=name, who="host", sha256=sha256)
