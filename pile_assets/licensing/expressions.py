"""SPDX licence expressions: parsing and nothing else; which licences are admitted is `accepted`'s business.

The grammar and the list of identifiers are those of the `license-expression` library, loaded once. `LicenseRef-` names,
which the SPDX specification (annex D) leaves to the author of a document, are allowed beside the listed identifiers.
"""

import re
from functools import cache

from license_expression import ExpressionError, LicenseExpression, LicenseSymbol, Licensing, get_spdx_licensing

LONGEST = 1_000
"""Characters. The longest expression parsed; anything longer is no expression but a text."""

_EXPRESSION = re.compile(r"[A-Za-z0-9.+\-:() \t\n]+")
_LICENCE_REF = re.compile(r"(?:DocumentRef-[A-Za-z0-9.\-]+:)?LicenseRef-[A-Za-z0-9.\-]+")


@cache
def _licensing() -> Licensing:
    """The library's list without the aliases that are another author's `LicenseRef-` or a name of several licences.

    The library takes "GPL" for any version and `LicenseRef-MIT-Discord` for the MIT licence; here both stay what they are.
    """
    licensing = Licensing(
        [
            LicenseSymbol(key, aliases=tuple(filter(_is_same_licence, symbol.aliases)), is_exception=symbol.is_exception)
            for key, symbol in get_spdx_licensing().known_symbols.items()
        ]
    )
    # The library makes its tokenizer at the first parse and lets other threads see it half made.
    licensing.parse("MIT")
    return licensing


def _is_same_licence(alias: str) -> bool:
    return alias.startswith("LicenseRef-scancode-") or not (alias.startswith("LicenseRef-") or alias == "GPL")


@cache
def listed(identifier: str) -> str | None:
    """The SPDX list's own spelling of `identifier`, whatever its case; None where the list does not have it."""
    return _by_lower_case().get(identifier.lower())


@cache
def _by_lower_case() -> dict[str, str]:
    return {key.lower(): key for key in sorted(_licensing().known_symbols)}


@cache
def parse(expression: str) -> LicenseExpression | None:
    """The tree of a valid SPDX expression, or None; identifiers are re-spelled as the SPDX list spells them."""
    if len(expression) > LONGEST or not _EXPRESSION.fullmatch(expression):
        return None
    licensing = _licensing()
    try:
        tree = licensing.parse(expression, validate=False, strict=True)
    except ExpressionError:
        return None
    if tree is None or any(not _LICENCE_REF.fullmatch(key) for key in licensing.unknown_license_keys(tree)):
        return None
    return tree


@cache
def identifiers(expression: str) -> frozenset[str]:
    """The licences an expression names, exceptions kept with theirs ("Apache-2.0 WITH LLVM-exception"); empty if invalid."""
    tree = parse(expression)
    return frozenset() if tree is None else frozenset(str(symbol) for symbol in tree.symbols)
