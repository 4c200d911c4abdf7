"""A textbook of our own writing in the form of an OpenStax repository."""

from pile_assets_tests.licensing import codes

BY = "http://creativecommons.org/licenses/by/4.0/"
BY_NC_SA = "http://creativecommons.org/licenses/by-nc-sa/4.0/"
NAMES = {BY: "Creative Commons Attribution License", BY_NC_SA: "Creative Commons Attribution-NonCommercial-ShareAlike License"}
TEXTS = {BY: codes.ATTRIBUTION, BY_NC_SA: codes.NONCOMMERCIAL}

MODULE = b"""<document xmlns="http://cnx.rice.edu/cnxml"><title>Of Bread</title>
<metadata xmlns:md="http://cnx.rice.edu/mdml"><md:title>Of Bread</md:title></metadata>
<content><para id="p1">Bread is older than the oven.</para></content></document>"""


def collection(address: str, words: str | None = None) -> bytes:
    """A collection that declares its licence by address, and in words where there are any."""
    element = f'<md:license url="{address}"/>' if words is None else f'<md:license\n  url="{address}">{words}</md:license>'
    return f"""<col:collection xmlns="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"
  xmlns:col="http://cnx.rice.edu/collxml" xml:lang="en"><metadata mdml-version="0.5"><md:title>A Book of Bread</md:title>
  {element}</metadata><col:content><col:module document="m1"/></col:content></col:collection>""".encode()


def book(declared: str, file: str | None = None, readme: str | None = None) -> dict[str, bytes]:
    """One version: the licence its collection declares, that of its LICENSE file, and that of its README."""
    file, readme = file or declared, readme or file or declared
    return {
        "LICENSE": TEXTS[file].encode(),
        "README.md": f"# A Book of Bread\n\n## License\n_A Book of Bread_ is available under the [{NAMES[readme]}]"
        "(./LICENSE) license.\n\n## Support\nNone.\n".encode(),
        "collections/bread.collection.xml": collection(declared, NAMES[declared]),
        "modules/m1/index.cnxml": MODULE,
    }


HISTORY = {
    "2025-12": book(BY),
    "2026-03": book(BY, BY_NC_SA),
    "2026-05": book(BY_NC_SA),
}
"""A book that goes CC BY, then says two things at once, then is NonCommercial."""
