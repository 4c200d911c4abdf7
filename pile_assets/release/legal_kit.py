"""What the licences in a release ask to go along with it: texts, notices, statements, and which file is under what.

Pure functions from the release manifest to bytes. Which licence asks for what is `licensing.obligations`; the rows of credit
are `attribution`. A licence without a text here stops the release: it is never left out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pile_assets.errors import PileError
from pile_assets.licensing import accepted, expressions, obligations
from pile_assets.release import layout
from pile_assets.release.manifest import Manifest
from pile_assets.schemas import LICENCE_FAMILIES
from pile_assets.store import digest

VERSION = "1"

TEXTS = Path(__file__).parent / "licence_texts"
"""Verbatim copies of the licences, which all allow that, as the SPDX licence list has them; those of `LicenseRef-` names
are statements of this project."""

ABOUT = "CC0-1.0"
"""What the cards, lists and pages of a release are under. It says nothing about the documents, which keep their licences."""
NOTICE_FILES = "LicenseRef-Notices"

Mix = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Family -> SPDX expression -> {"docs", "bytes"}."""


def mix_of(shards: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, int]]]:
    """What the documents of these shards are under. Families in the order of `schemas.LICENCE_FAMILIES`."""
    mix: dict[str, dict[str, dict[str, int]]] = {}
    for shard in shards:
        of_family = mix.setdefault(layout.family(shard["shard"]), {})
        for expression, counted in shard["histograms"]["licence"].items():
            known = of_family.setdefault(expression, {"docs": 0, "bytes": 0})
            for unit in known:
                known[unit] += counted[unit]
    return {family: dict(sorted(mix[family].items())) for family in LICENCE_FAMILIES if family in mix}


def identifiers(found: Iterable[str]) -> list[str]:
    """The licences that these expressions name, exceptions with theirs ("Apache-2.0 WITH LLVM-exception")."""
    return sorted({identifier for expression in found for identifier in expressions.identifiers(expression)})


def texts(mix: Mix, *, notices: bool = False) -> dict[str, bytes]:
    """Path -> text of every licence in the mix, and of what the release's own files are under, `notices` among them.

    Raises PileError naming every licence that there is no text of.
    """
    named = identifiers(expression for family in mix.values() for expression in family)
    needed = sorted({part for spdx in (*named, ABOUT, *([NOTICE_FILES] if notices else ())) for part in spdx.split(" WITH ")})
    missing = [identifier for identifier in needed if _text(identifier) is None]
    if missing:
        raise PileError(
            f"There is no text of {', '.join(missing)}, which a release with such documents must carry.",
            remedy="Put each text, word for word, into pile_assets/release/licence_texts/<identifier>.txt, or take the licence "
            "out of pile_assets/licensing/accepted.py.",
        )
    return {layout.licence_text(identifier): _text(identifier) or b"" for identifier in needed}


@cache
def _text(identifier: str) -> bytes | None:
    path = TEXTS / f"{identifier}.txt"
    return path.read_bytes() if path.is_file() else None


@cache
def texts_digest() -> str:
    """32 hex digits over all licence texts: part of the key of the legal kit."""
    return digest({path.name: path.read_text(encoding="utf-8") for path in sorted(TEXTS.glob("*.txt"))})


def expression_of(shard: Mapping[str, Any]) -> str:
    """What the files of a shard are under: all of the expressions of its documents together."""
    found = sorted(shard["histograms"]["licence"])
    return " AND ".join(f"({one})" if len(found) > 1 and " OR " in one else one for one in found)


def reuse_toml(shards: Iterable[Mapping[str, Any]], *, notices: bool) -> bytes:
    """REUSE.toml (REUSE specification 3.3): which files are under what. The last annotation that covers a file counts."""
    blocks = ["version = 1\n", _annotation("**", ABOUT, "Nobody: what is said here about the documents is free for every use")]
    if notices:
        blocks.append(_annotation(f"{layout.NOTICES}/**", NOTICE_FILES, "Those named in each file"))
    for shard in shards:
        owners = f"The authors named in {layout.attribution(shard)}"
        blocks.append(_annotation(f"{layout.shard_folder(shard)}/**", expression_of(shard), owners))
    return "\n".join(blocks).encode()


def _annotation(path: str, expression: str, owners: str) -> str:
    fields = {
        "path": path,
        "precedence": "override",  # a title in a list may look like a copyright notice, and is none
        "SPDX-FileCopyrightText": owners,
        "SPDX-License-Identifier": expression,
    }
    return "[[annotations]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())


def licence_mix(mix: Mix) -> bytes:
    """licence_mix.json: documents and bytes by family and expression, and what each licence asks for."""
    named = identifiers(expression for family in mix.values() for expression in family)
    content = {"families": mix, "licences": {spdx: _asked(spdx) for spdx in named}}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _asked(spdx: str) -> dict[str, Any]:
    licence, row = accepted.ACCEPTED[spdx], obligations.of(spdx)
    return {
        "family": licence.family,
        "url": licence.url,
        "attribution": licence.attribution,
        "licence_text": licence.text,
        "notice": licence.notice,
        "licence_link": row.link,
        "mark_changes": row.mark_changes,
        "share_alike": row.share_alike,
        "statement": row.statement,
        "open_in": row.open_in,
        "source": row.source,
    }


def notice(manifest: Manifest, mix: Mix, modified: int) -> bytes:
    """NOTICE: for people, what is in the release and what they must do. `modified` documents had personal data masked."""
    named = identifiers(expression for family in mix.values() for expression in family)
    parts = [_opening(manifest, modified), *(_of_family(family, found) for family, found in mix.items())]
    if said := obligations.statements(named):
        parts.append(_section("Statements that these licences prescribe", [f"  {line}" for line in said]))
    if notes := _notes(named):
        parts.append(_section("What else they ask for", notes))
    return ("\n".join(parts) + "\n").encode()


def notices_text(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The licence and notice files of one source partition under one another, each word for word after its name."""
    return b"\n".join(f"==== {path} ====\n\n".encode() + content.rstrip(b"\n") + b"\n" for path, content in files)


def _opening(manifest: Manifest, modified: int) -> str:
    return (
        f"Release {manifest['id']}\n\n"
        f"This release is a collection of {manifest['totals']['docs']:,} documents by many authors. Each keeps its own\n"
        "licence; the collection puts no terms of its own on any of them.\n\n"
        f"Whom to credit, under which licence, and where the original is: {layout.ATTRIBUTION}, one row per document.\n"
        f"The texts of the licences: {layout.LICENCES}. Licence and notice files that came with the works: {layout.NOTICES}.\n"
        f"Changes: in {modified:,} documents personal data was masked (`modified` in their row); all other texts are as\n"
        "published, in another file format.\n"
    )


def _of_family(family: str, found: Mapping[str, Mapping[str, int]]) -> str:
    lines = [f"  {counted['docs']:>9,}  {expression}" for expression, counted in found.items()]
    return _section(f"{family}/ ({sum(counted['docs'] for counted in found.values()):,} documents)", lines)


def _notes(named: Sequence[str]) -> list[str]:
    """What to know, each note once with the licences it is about."""
    notes: dict[str, list[str]] = {}
    for spdx in named:
        if note := obligations.of(spdx).note:
            notes.setdefault(note, []).append(spdx)
    return [f"  {', '.join(about)}:\n    {note}" for note, about in notes.items()]


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([title, "-" * len(title), *lines, ""])
