"""Fields that hold a licence address, alone, with the licence's name, or as a link of mark-up.

What is visible beside the address must be the licence's name or say nothing: a page may link to a licence for a photograph,
or to one it no longer has.
"""

from pile_assets.licensing import addresses, statements
from pile_assets.licensing.model import Reading


def read(raw: str) -> Reading:
    """The licence at the one address in `raw`; unresolved without one, conflict where there are several."""
    return addresses.whole(raw) or statements.read(raw, needs_address=True)
