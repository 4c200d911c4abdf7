"""One licence string to one reading, by the closed vocabulary of the place it was found in.

Only the choice of a vocabulary is made here: each is a module of `licensing.contexts`, listed in `CONTEXTS`. No
vocabulary guesses a version, and none turns a statement that reserves something into an open licence: what is not
known stays unresolved, and unresolved is never admitted.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from pile_assets.licensing.contexts import (
    arxiv,
    bhl_rights,
    classifier,
    codes,
    core_metadata_license,
    crossref,
    datacite,
    debian_copyright,
    file_header,
    gutenberg_rights,
    improvement_proposals,
    jats,
    mediawiki,
    pep_copyright,
    reuse,
    rights_statement,
    spdx,
    stackexchange,
    text,
    url,
    wikimedia_template,
)
from pile_assets.licensing.model import Reading

CONTEXTS: Mapping[str, Callable[[str], Reading]] = {
    "arxiv": arxiv.read,
    "bhl-rights": bhl_rights.read,
    "bip-license": improvement_proposals.read_bip,
    "classifier": classifier.read,
    "core-metadata-license": core_metadata_license.read,
    "crossref": crossref.read,
    "datacite": datacite.read,
    "debian-copyright": debian_copyright.read,
    "doaj": text.read,
    "eip-copyright": improvement_proposals.read_eip,
    "file-header": file_header.read,
    "flickr": codes.reader(codes.FLICKR, "flickr"),
    "github": codes.reader(codes.GITHUB, "github", codes.identifier("github", named=True)),
    "gutenberg-rights": gutenberg_rights.read,
    "hal": text.read,
    "huggingface": codes.reader(codes.HUGGING_FACE, "huggingface", codes.identifier("huggingface")),
    "jats": jats.read,
    "mediawiki": mediawiki.read,
    "openalex": codes.reader(codes.OPENALEX, "openalex"),
    "pep-copyright": pep_copyright.read,
    "pmc": jats.read,
    "reuse": reuse.read,
    "rights-statement": rights_statement.read,
    "spdx": spdx.read,
    "stackexchange": stackexchange.read,
    "text": text.read,
    "url": url.read,
    "wikimedia-template": wikimedia_template.read,
    "youtube": codes.reader(codes.YOUTUBE, "youtube"),
}
"""Context name to its reader. A new place of statements is a module in `licensing/contexts/` and one line here."""

SUMMARIES: Mapping[str, str] = {
    "bip-license": "The License header of a Bitcoin improvement proposal: SPDX identifiers and the codes of BIP 2 and BIP 3.",
    "doaj": "The licence of a journal or article in the Directory of Open Access Journals, read as free text.",
    "eip-copyright": "The waiver under the heading Copyright of an Ethereum improvement proposal.",
    "flickr": "Numbers of Flickr's list of licences.",
    "github": "Keys, identifiers and names of GitHub's licence API.",
    "hal": "The licence of a deposit in HAL: an address of its list, or free text.",
    "huggingface": "Licence names of the cards of models and data sets on the Hugging Face Hub.",
    "openalex": "Licence codes of OpenAlex and Unpaywall: Creative Commons without a version.",
    "pmc": "The licence of PubMed Central's lists, or the JATS element of an article.",
    "youtube": "The licence of a video: the code of the Data API, or the label of its page.",
}
"""What those contexts read that share a module with others; a module's own docstring says it for the rest."""

OTHER_NAMES: Mapping[str, str] = {
    "bhl": "bhl-rights",
    "bip": "bip-license",
    "commons": "wikimedia-template",
    "cnxml": "url",
    "debian": "debian-copyright",
    "dep-5": "debian-copyright",
    "dep5": "debian-copyright",
    "doab": "datacite",
    "eip": "eip-copyright",
    "europeana": "rights-statement",
    "gutenberg": "gutenberg-rights",
    "hf": "huggingface",
    "html": "url",
    "json-ld": "url",
    "pep": "pep-copyright",
    "pypi": "core-metadata-license",
    "rel-license": "url",
    "rights-statements": "rights-statement",
    "rightsinfo": "mediawiki",
    "rightsstatements": "rights-statement",
    "spdx-header": "reuse",
    "stack-exchange": "stackexchange",
    "trove": "classifier",
    "trove-classifier": "classifier",
    "unpaywall": "openalex",
    "wikimedia": "mediawiki",
    "wikipedia": "mediawiki",
}
"""Names under which data from elsewhere calls a context; the command line takes them, the program's own code does not."""


def context_named(name: str) -> str | None:
    """The context a person means by `name`, whatever its case or its blanks; None where there is none."""
    key = "-".join(name.strip().lower().replace("_", " ").split())
    return key if key in CONTEXTS else OTHER_NAMES.get(key)


LONGEST, LONGEST_TEXT = 8_000, 100_000
"""Characters of a statement, and of a licence text where a context reads one; anything longer is not looked at."""
_READ_TEXTS = frozenset({"core-metadata-license", "file-header", "text"})


@lru_cache(maxsize=16_384)
def read(raw: str, context: str = "text") -> Reading:
    """What `raw` says about a licence, read as `context` reads it.

    Raises KeyError where the context is not in `CONTEXTS`: that is a mistake in the program, not in the data.
    """
    reader = CONTEXTS[context]
    if len(raw) > (LONGEST_TEXT if context in _READ_TEXTS else LONGEST):
        return Reading("unresolved", "too-long")
    return reader(raw)
