"""Pictures of duplicates, drawn in text: cluster sizes, and which source repeats which.

What belongs here: drawing counts in a form that stays open on Dagster's page and a whole one beside it. What may not: counting.

Dagster strips HTML from Markdown and hides what has 1,000 characters or more (see `markdown`), so a picture is a block of text.
"""

from collections.abc import Mapping

import dagster as dg

from pile_assets.graph.markdown import BAR, INLINE

SHADES = " ░▒▓█"
"""From none to the most; a cell between is shaded by its order of magnitude."""

SHOWN = 10
"""Sources in the picture that fits; the whole one has all."""
BOUNDS = (2, 4, 8, 16, 32, 64, 256, 1_024, 16_384)
"""The largest cluster of each bar in the picture that fits; one more bar has what is larger."""
NAME = 22
"""Characters of a source's name in the picture that fits."""


def picture_fields(name: str, fits: str, whole: str) -> dict[str, dg.MetadataValue]:
    """`name`, the picture that fits in place, and `name_full` where there is more to see. Nothing for an empty picture."""
    if not whole:
        return {}
    if len(whole) < INLINE:
        return {name: dg.MetadataValue.md(whole)}
    return {name: dg.MetadataValue.md(fits), f"{name}_full": dg.MetadataValue.md(whole)}


# -- cluster sizes -----------------------------------------------------------------------------------------------------


def histogram(clusters: Mapping[int, int]) -> tuple[str, str]:
    """How many clusters have how many documents: between a few bounds to fit, and size by size."""
    if not clusters:
        return "", ""
    return _rows(_between_bounds(clusters)), _rows([(f"{size:,}", count) for size, count in sorted(clusters.items())])


def _between_bounds(clusters: Mapping[int, int]) -> list[tuple[str, int]]:
    """Counts between the `BOUNDS`, without the empty ones at the end."""
    rows, first = [], 2
    for last in (*BOUNDS, max(clusters)):
        if first <= max(clusters):
            count = sum(count for size, count in clusters.items() if first <= size <= last)
            rows.append((f"{first:,}" if first == last else f"{first:,} to {last:,}", count))
            first = last + 1
    return rows


def _rows(rows: list[tuple[str, int]]) -> str:
    most = max(count for _, count in rows)
    width = max(len(label) for label, _ in rows)
    lines = [f"{label:>{width}} {_bar(count, most):<{BAR}} {count:,}" for label, count in rows]
    return _block([f"{'documents':>{width}} clusters", *lines])


def _bar(count: int, most: int) -> str:
    return "█" * max(1, round(BAR * count / most)) if count else ""


# -- which source repeats which ------------------------------------------------------------------------------------------


def heat(counts: Mapping[tuple[str, str], int]) -> tuple[str, str]:
    """(source, source of the kept document) -> documents, as shaded cells: the sources with most of them, and all."""
    weight: dict[str, int] = {}
    for (source, other), count in counts.items():
        weight[source] = weight.get(source, 0) + count
        weight[other] = weight.get(other, 0) + count
    ranked = sorted(weight, key=lambda source: (-weight[source], source))
    if not ranked:
        return "", ""
    fits = _cells(counts, ranked[:SHOWN], NAME)
    return fits, _cells(counts, ranked, max(map(len, ranked)))


def _cells(counts: Mapping[tuple[str, str], int], sources: list[str], width: int) -> str:
    most = max(counts.values())
    numbers = "".join(f"{number:>3}" for number in range(1, len(sources) + 1))
    lines = [f"{'dropped from / kept in':<{width + 3}}{numbers}"]
    for number, source in enumerate(sources, 1):
        cells = "".join(f" {_shade(counts.get((source, other), 0), most) * 2}" for other in sources)
        lines.append(f"{number:>2} {source[:width]:<{width}}{cells}")
    return _block([*lines, f"darkest: {most:,} documents"])


def _shade(count: int, most: int) -> str:
    if not count:
        return SHADES[0]
    steps = len(SHADES) - 1
    magnitude = (len(bin(count)) - 2) / (len(bin(most)) - 2)
    return SHADES[max(1, min(steps, round(magnitude * steps)))]


def _block(lines: list[str]) -> str:
    return "```\n" + "\n".join(line.rstrip() for line in lines) + "\n```"
