"""MediaWiki: `rightsinfo` of the API, and what a page says of itself against its wiki.

An export (`pages-articles`) states no licence at all, and its `siteinfo` can name another wiki than the pages came from.
So the wiki's own answer to `meta=siteinfo&siprop=rightsinfo` is the statement, for all of its pages; who runs the wiki
speaks as their host. Licence templates of files are about files.
"""

import json

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim

LARGEST = 1024 * 1024
"""Bytes of an API answer; a whole `siteinfo` has some 100 kB."""


def of_rightsinfo(content: bytes, where: str, sha256: str = "") -> tuple[Claim, ...]:
    """The claim of one API answer about the whole wiki; empty where address and text both are."""
    try:
        if len(content) > LARGEST:
            raise ValueError(f"it has {len(content)} bytes, and more than {LARGEST} are not read")
        answer = json.loads(content)
        info = answer.get("query", answer).get("rightsinfo", answer)
        stated = {field: str(info.get(field) or "") for field in ("url", "text")}
    except (ValueError, AttributeError, RecursionError) as error:
        return statements.unreadable(error, where, kind="whole", who="host", sha256=sha256)
    if not any(stated.values()):
        return ()
    raw = json.dumps(stated, ensure_ascii=False)
    return statements.stated(raw, "mediawiki", f"{where} rightsinfo", kind="whole", who="host", sha256=sha256)


def of_export(content: bytes, where: str) -> tuple[Claim, ...]:
    """Nothing: an export has no licence statement, and words in its pages are about other things."""
    del content, where
    return ()
