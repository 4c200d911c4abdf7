"""The `dcterms:rights` of a Project Gutenberg catalogue record: the two sentences the catalogue is known to use.

Project Gutenberg clears a book for the United States only; the name of the licence says so, and every other
jurisdiction stays unknown. The words inside a book never come here: its banner can be missing or wrong.
"""

import re

from pile_assets.licensing.model import Reading

_PUBLIC_DOMAIN = "public domain in the usa"
_COPYRIGHTED = "copyrighted"


def read(raw: str) -> Reading:
    """What the catalogue says of one book; any third sentence is unresolved."""
    text = re.sub(r"\s+", " ", raw).strip().rstrip(".").lower()
    if text == _PUBLIC_DOMAIN:
        return Reading("resolved", "gutenberg-rights:public-domain-us", "LicenseRef-PublicDomain-US", port="US")
    if text.startswith(_COPYRIGHTED):
        return Reading("resolved", "gutenberg-rights:copyrighted", "LicenseRef-Gutenberg-Copyrighted")
    return Reading("unresolved", "gutenberg-rights:unknown-wording" if text else "gutenberg-rights:empty")
