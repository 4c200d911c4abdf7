"""One licence string to one reading, by the closed vocabulary of the place it was found in.

Only the choice of a vocabulary is made here: each is a module of `licensing.contexts`, listed in `CONTEXTS`. No
vocabulary guesses a version, and none turns a statement that reserves something into an open licence: what is not
known stays unresolved, and unresolved is never admitted.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from pile_assets.licensing.contexts import (
    classifier,
    core_metadata_license,
    file_header,
    gutenberg_rights,
    pep_copyright,
    spdx,
    text,
    url,
)
from pile_assets.licensing.model import Reading

CONTEXTS: Mapping[str, Callable[[str], Reading]] = {
    "classifier": classifier.read,
    "core-metadata-license": core_metadata_license.read,
    "file-header": file_header.read,
    "gutenberg-rights": gutenberg_rights.read,
    "pep-copyright": pep_copyright.read,
    "spdx": spdx.read,
    "text": text.read,
    "url": url.read,
}
"""Context name to its reader. A new place of statements is a module in `licensing/contexts/` and one line here."""


@lru_cache(maxsize=16_384)
def read(raw: str, context: str = "text") -> Reading:
    """What `raw` says about a licence, read as `context` reads it.

    Raises KeyError where the context is not in `CONTEXTS`: that is a mistake in the program, not in the data.
    """
    return CONTEXTS[context](raw)
