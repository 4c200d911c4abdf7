"""MediaWiki's `rightsinfo` (`meta=siteinfo&siprop=rightsinfo`): an address, a text, or the object that holds both.

Address and text must say the same, or the text less than the address. Where they differ nothing is chosen between them.
"""

import json
from collections.abc import Mapping

from pile_assets.licensing.contexts import text
from pile_assets.licensing.model import Reading

_FIELDS = ("url", "text")


def read(raw: str) -> Reading:
    """What a wiki says of itself: `raw` is a value, or the JSON of `rightsinfo` or of the whole answer."""
    stated = _object(raw)
    if stated is None:
        return text.read(raw)
    values = [str(stated[field]) for field in _FIELDS if stated.get(field)]
    return text.read(" ".join(values)) if values else Reading("unresolved", "empty")


def _object(raw: str) -> Mapping[str, object] | None:
    if not raw.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    for key in ("query", "rightsinfo"):
        if isinstance(value, dict) and isinstance(value.get(key), dict):
            value = value[key]
    return value if isinstance(value, dict) else None
