"""README.md: the release's card in the form that the Hugging Face hub reads, YAML first and words after it.

Only that page belongs here. Mixed licences are `other` in its vocabulary, with a link to the list; each licence family is a
configuration of its own, so that one can be loaded without the others.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from pile_assets.release import layout
from pile_assets.release.croissant import summary
from pile_assets.release.described import TITLE, Described

HUB_LICENCES = frozenset(
    {"apache-2.0", "bsd-2-clause", "bsd-3-clause", "bsl-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"}
    | {"cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "ecl-2.0", "etalab-2.0"}
    | {"isc", "mit", "ncsa", "odbl", "odc-by", "other", "pddl", "postgresql", "unlicense", "zlib"}
)
"""Names of licences on the hub that this project can have a use for; anything else is `other`."""

_OTHER_NAMES = {"ODbL-1.0": "odbl", "ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl"}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))


def to_bytes(described: Described) -> bytes:
    """The page."""
    head = yaml.safe_dump(front_matter(described), sort_keys=False, allow_unicode=True, width=120)
    return f"---\n{head}---\n\n{_body(described)}".encode()


def front_matter(described: Described) -> dict[str, Any]:
    """What the hub reads."""
    return {
        "pretty_name": f"{TITLE} {described.published.version or ''}".strip(),
        **licence_fields(described.licences),
        "language": [code for code in described.composition["by"]["language"] if code.isalpha() and len(code) in (2, 3)],
        "task_categories": ["text-generation"],
        "size_categories": [next((name for limit, name in _SIZES if described.documents < limit), "n>10M")],
        "configs": [
            {"config_name": family, "data_files": [{"split": "train", "path": f"{family}/*/*/*.parquet"}]}
            for family in described.mix
        ],
    }


def licence_fields(licences: list[str]) -> dict[str, str]:
    """`license` and, where that is `other`, what it is called and where it is told."""
    known = _OTHER_NAMES.get(licences[0], licences[0].lower()) if len(licences) == 1 else "other"
    if known in HUB_LICENCES and known != "other":
        return {"license": known}
    return {"license": "other", "license_name": "a-licence-per-document", "license_link": layout.MIX}


def _body(described: Described) -> str:
    composed = described.composition
    opened = composed["openness"]
    parts = [
        f"# {TITLE}\n\n{summary(described)}\n",
        f"Release `{described.manifest['id']}`, version {described.published.version}, {described.published.on}. The datasheet "
        f"is in [{layout.DATASHEET}]({layout.DATASHEET}), what changed in [{layout.CHANGES}]({layout.CHANGES}), whom to credit "
        f"in `{layout.ATTRIBUTION}`, and whether something is in it on [{layout.FIND}/index.html]({layout.FIND}/index.html).\n",
        *_replaced(described),
        "## Licences\n\nEvery document keeps its own licence, in the column `licence`. The collection adds no terms. Licence "
        f"families lie in folders of their own; leave out a folder, and none of its terms reach you. See [{layout.NOTICE}]"
        f"({layout.NOTICE}).\n\n{counts('family', composed['by']['family'])}",
        f"## Openness\n\nTier: **{opened['tier']}** (open in: {', '.join(opened['open_in'])}). "
        f"Replicable: **{'yes' if opened['replicable'] else 'no'}**.\n" + "".join(f"\n- {why}" for why in opened["because"]),
        f"## Licence review\n\n{counts('review level', composed['by']['review'], composed['documents'])}",
        *(
            f"## By {column}\n\n{counts(column, composed['by'][column])}"
            for column in ("domain", "source", "language", "decade", "origin")
        ),
        mixtures(described.manifest.get("mixtures", {})),
    ]
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def _replaced(described: Described) -> list[str]:
    """That it stands in the place of another release, where it does."""
    old = described.manifest.get("replaces")
    return [f"It replaces release `{old}`, and is that release without documents that were withdrawn.\n"] if old else []


def counts(name: str, counted: dict[str, dict[str, int]], of: int | None = None) -> str:
    """A table of documents and bytes by value, largest first, with the share of `of` documents where that is given."""
    rows = sorted(counted.items(), key=lambda item: (-item[1]["docs"], item[0]))
    share = " share |" if of else ""
    lines = [f"| {name} | documents | bytes |{share}", f"|---|---:|---:|{'---:|' if of else ''}"]
    for value, one in rows:
        part = f" {100 * one['docs'] / of:.2f} % |" if of else ""
        lines.append(f"| {plain(value)} | {one['docs']:,} | {one['bytes']:,} |{part}")
    return "\n".join(lines) + "\n"


def mixtures(told: Mapping[str, Any]) -> str:
    """The section on what each recipe makes of the release: sources by name, and what they come to; empty without recipes."""
    if not told:
        return ""
    (estimator,) = {one["tokens"] for one in told.values()}
    lines = [
        "## Mixtures",
        "",
        "A recipe says how often a training run sees each source: weights above 1 are copies of every document, fractions "
        f"are drawn by a hash of the id. `pile export --mixture` writes the set. Tokens are an estimate: {estimator}.",
    ]
    for recipe, one in sorted(told.items()):
        lines += ["", f"### {plain(recipe)}", "", "| source | weight | documents | rows | bytes | tokens |"]
        lines += ["|---|---:|---:|---:|---:|---:|"]
        for source, drawn in sorted(one["sources"].items()):
            figures = " | ".join(f"{drawn[name]:,}" for name in ("docs", "rows", "bytes", "tokens"))
            lines.append(f"| {plain(source)} | {drawn['weight']:g} | {figures} |")
        total = " | ".join(f"{one['totals'][name]:,}" for name in ("rows", "bytes", "tokens"))
        lines.append(f"| all | | | {total} |")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text for a cell or a line of Markdown, with nothing in it that a page would obey."""
    spaced = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\|<>[]`*_" else c for c in spaced)
