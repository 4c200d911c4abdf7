"""XML from strangers: parsed with nothing resolved and nothing loaded, and in general with no document type at all.

The one place where lxml is allowed to build a tree of XML. A document that declares a type is refused before parsing:
entities are how a kilobyte becomes a gigabyte ("billion laughs", CVE-2003-1564) or a local file. The formats that must
name one have a function of their own, which says which declarations it takes.
"""

import re

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
    root = _tree(content)
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableXml("it declares a document type")
    return root


_TYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[(?P<subset>[^\]]*)\][^>]*)?>")
_NAME_FOR = rb"(?:[^\"'&%<]|&#x?[0-9A-Fa-f]{1,6};){0,16}"
_CHARACTERS = re.compile(rb"<!ENTITY\s+[\w.-]+\s+(?:\"" + _NAME_FOR + rb"\"|'" + _NAME_FOR + rb"')\s*>")


def parse_typed(content: bytes, limit: int) -> etree._Element:
    """The same for formats that must name a document type (JATS, publicwhip): it is neither loaded nor believed.

    An internal subset may declare characters by name ("pound") and nothing else. References to entities stay what they
    are, so that they cannot grow; text around them is read. Raises UnreadableXml.
    """
    if len(content) > limit:
        raise UnreadableXml(f"it has {len(content)} bytes, and more than {limit} are not read")
    if b"\0" in content:
        raise UnreadableXml("it is in an encoding that is not read (only supersets of ASCII are)")
    declared = _TYPE.search(content)
    subset = (declared["subset"] or b"") if declared else b""
    if _CHARACTERS.sub(b"", subset).strip() or b"<!ENTITY" in content[declared.end() if declared else 0 :]:
        raise UnreadableXml("its document type declares more than characters")
    return _tree(content)


def _tree(content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableXml(f"it is no well-formed XML ({error})") from error
