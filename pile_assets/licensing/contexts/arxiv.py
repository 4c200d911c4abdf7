"""The `license` element of arXiv's OAI-PMH records: one address of a closed list, and no words beside it.

arXiv's own licence lets arXiv distribute and nobody else; `assumed-1991-2003` is the same without a signature. A record
without the element is under arXiv's licence by its terms, which is for the extractor to say: an empty value says nothing.
"""

from pile_assets.licensing import addresses
from pile_assets.licensing.model import Reading


def read(raw: str) -> Reading:
    """The licence of one record; unresolved where the value is more than an address, or one that arXiv does not offer."""
    value = raw.strip()
    reading = addresses.whole(value)
    offered = reading is not None and (reading.spdx or "").startswith(("CC-", "CC0-", "LicenseRef-arXiv-"))
    return reading if reading is not None and offered else Reading("unresolved", "arxiv")
