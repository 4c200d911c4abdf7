"""Fields that hold a licence address, alone or inside one element of mark-up. Text without a known address is unresolved."""

import html
import re

from pile_assets.licensing import addresses, reservations
from pile_assets.licensing.model import Reading

_TAG = re.compile(r"<[^<>]*>")


def read(raw: str) -> Reading:
    """The licence at the one address in `raw`; a conflict where there are several, or where visible words reserve rights."""
    text = html.unescape(raw)
    reading = addresses.read(text)
    if reading is None:
        return Reading("unresolved", "url")
    words = addresses.without(_TAG.sub(" ", text))
    if reservations.partial(words) or reservations.beyond(words, reading.spdx or reading.family or ""):
        return Reading("conflict", "reservation")
    return reading
