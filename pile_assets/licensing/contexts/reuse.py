"""REUSE 3.3: `SPDX-License-Identifier` as a comment line, a line of REUSE.toml or of a DEP-5 file, or its bare expression.

Several lines bind together (AND). A line that is no expression leaves all of them unresolved.
"""

import re

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Reading

RULE = "reuse"
_LINE = re.compile(
    r"^[ \t#*/;%!\"'.<>-]*(?:(?:REM|dnl)[ \t]+)?\"?SPDX-License-Identifier\"?[ \t]*[:=](?P<value>[^\n]*)$", re.MULTILINE
)
_CLOSING = ("*/", "-->")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def read(raw: str) -> Reading:
    """The expression of the lines in `raw`, joined by AND; of all of `raw` where it has no such line."""
    values = [_stated(match["value"]) for match in _LINE.finditer(raw)] or [raw.strip()]
    found = list(dict.fromkeys(one for value in values for one in _listed(value)))
    trees = [expressions.parse(value) for value in found]
    if not trees or any(tree is None for tree in trees):
        return Reading("unresolved", RULE)
    written = [str(tree) for tree in trees]
    joined = " AND ".join(f"({one})" if " OR " in one and len(written) > 1 else one for one in written)
    return Reading("resolved", RULE, joined)


def _stated(rest: str) -> str:
    text = rest.strip()
    return next((text.removesuffix(mark).rstrip() for mark in _CLOSING if text.endswith(mark)), text)


def _listed(value: str) -> list[str]:
    """The expressions of one value: as it stands, or what TOML quotes, alone or in an array."""
    if not value.startswith(("[", '"', "'")):
        return [value]
    inner = value.removeprefix("[").removesuffix("]").strip().removesuffix(",")
    quoted = [first or second for first, second in _QUOTED.findall(inner)]
    return quoted if re.fullmatch(r"[\s,]*", _QUOTED.sub("", inner)) else [""]
