"""Lists and pictures as Dagster's pages can show them.

What belongs here: turning rows into Markdown that stays open on the page. What may not: knowing what the rows mean.

Dagster shows Markdown metadata in place while it is shorter than 1,000 characters; from there on it is a button. So every
list has a form that fits, which says how much it leaves out, and the whole list is a second field beside it.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

INLINE = 1000
"""Length in characters from which Dagster 1.13 hides Markdown behind a button."""

BAR = 24
"""Width of the longest bar, in characters."""

BARS = 8
"""Bars in a picture; what is left is added up in a last one."""


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table of all rows."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def table_fields(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, dg.MetadataValue]:
    """`name`, the first rows as they fit in place, and `name_full`, all of them, where they do not all fit."""
    if not rows:
        return {}
    whole = table(header, rows)
    if len(whole) < INLINE:
        return {name: dg.MetadataValue.md(whole)}
    return {name: dg.MetadataValue.md(_first(name, header, rows)), f"{name}_full": dg.MetadataValue.md(whole)}


def _first(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """As many of the first rows as fit, at least none, with a line on the rest."""
    shown = len(rows)
    while True:
        rest = f"\n\nand {len(rows) - shown} more: see {name}_full"
        text = table(header, rows[:shown]) + rest
        if len(text) < INLINE or shown == 0:
            return text
        shown -= 1


def list_field(name: str, lines: Sequence[str]) -> dict[str, dg.MetadataValue]:
    """A bullet list under the same rule as `table_fields`."""
    if not lines:
        return {}
    whole = "\n".join(f"- {_escaped(line)}" for line in lines)
    if len(whole) < INLINE:
        return {name: dg.MetadataValue.md(whole)}
    shown, length = [], 0
    for line in whole.split("\n"):
        length += len(line) + 1
        if length > INLINE - 60:
            break
        shown.append(line)
    first = "\n".join([*shown, f"- and {len(lines) - len(shown)} more: see {name}_full"])
    return {name: dg.MetadataValue.md(first), f"{name}_full": dg.MetadataValue.md(whole)}


def bars(amounts: Mapping[str, int]) -> str:
    """A small bar chart of text, largest first; Dagster strips HTML, and a drawing of this would need more characters."""
    ranked = sorted(((size, name) for name, size in amounts.items()), key=lambda item: (-item[0], item[1]))
    shown = [(name, size) for size, name in ranked[:BARS]]
    if rest := sum(size for size, _ in ranked[BARS:]):
        shown.append((f"{len(ranked) - BARS} others", rest))
    whole = sum(amounts.values())
    if not whole:
        return ""
    longest = max(size for _, size in shown)
    lines = [
        f"{'█' * max(1, round(BAR * size / longest)):<{BAR}} {100 * size / whole:5.1f} % {name[:40]}" for name, size in shown
    ]
    return "```\n" + "\n".join(lines) + "\n```"


def size(count: int) -> str:
    """Bytes for people, in powers of 1,000."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _cell(value: object) -> str:
    return _escaped(f"{value:,}" if isinstance(value, int) else str(value)).replace("|", "\\|")


def _escaped(text: str) -> str:
    """One line: a line break would end the row or the item."""
    return " ".join(text.split())
