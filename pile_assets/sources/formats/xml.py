"""XML from strangers: parsed with nothing resolved, nothing loaded, no document type at all.

The one place where lxml is allowed to build a tree. A document that declares a type is refused before parsing: entities
are how a kilobyte becomes a gigabyte ("billion laughs", CVE-2003-1564) or a local file, and no format read here needs
them; one that does gets a function of its own that says which declarations it takes.
"""

from lxml import etree


class UnreadableXml(Exception):
    """The bytes are no XML, or XML of a kind that is not read; the message says which."""


def parse(content: bytes, limit: int) -> etree._Element:
    """The root element of an XML document of at most `limit` bytes. Raises UnreadableXml."""
    if len(content) > limit:
        raise UnreadableXml(f"it has {len(content)} bytes, and more than {limit} are not read")
    if b"\0" in content:
        raise UnreadableXml("it is in an encoding that is not read (only supersets of ASCII are)")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableXml("it declares a document type or entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableXml(f"it is no well-formed XML ({error})") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableXml("it declares a document type")
    return root
