"""Fields that hold an SPDX expression by their own rule, such as `License-Expression` (PEP 639), and nothing else."""

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Reading


def read(raw: str) -> Reading:
    """A valid expression, identifiers spelled as the SPDX list does; otherwise unresolved."""
    tree = expressions.parse(raw.strip())
    return Reading("unresolved", "spdx") if tree is None else Reading("resolved", "spdx", str(tree))
