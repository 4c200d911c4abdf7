"""Texts with the expected findings marked, so that a test shows at a glance what is found and what is not."""

from pile_assets.filters import pii

OPEN, CLOSE = "⟦", "⟧"


def found(text: str) -> str:
    """`text` with every span the filter reports between ⟦ and ⟧."""
    data = text.encode()
    pieces, end = [], 0
    for span in pii.measure(text)["spans"]:
        pieces += [data[end : span["start"]].decode(), OPEN, data[span["start"] : span["end"]].decode(), CLOSE]
        end = span["end"]
    return "".join([*pieces, data[end:].decode()])


def unmarked(text: str) -> str:
    """The text without its marks."""
    return text.replace(OPEN, "").replace(CLOSE, "")
