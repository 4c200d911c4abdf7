"""Policies applied: which documents are kept, and what their text becomes.

What belongs here: reading a policy file, `decide` and `clean`. What may not: measuring text (the filters), and what a
policy may say (`policy_model`). Both functions keep every document, in order: dropping is a verdict, not an absence.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import polars as pl
from pydantic import ValidationError

from pile_assets import schemas
from pile_assets.errors import PileError, RegistryError
from pile_assets.filters import FILTERS
from pile_assets.filters.media import Kind, kinds
from pile_assets.filters.policy_model import (
    ATTRIBUTE_MISSING,
    LICENCE_HELD,
    LICENCE_REJECTED,
    MEDIA_TYPE_UNKNOWN,
    MOST_SIGNS,
    NOT_PUBLIC_DOMAIN,
    TAKEDOWN,
    Policy,
)
from pile_assets.registry.plain_yaml import read_yaml

__all__ = ["Policy", "clean", "decide", "load_policy"]

DECIDED = {
    "id": pl.String,
    "kept": pl.Boolean,
    "reason": pl.String,  # null where kept
    "rule": pl.String,  # null where kept; else what was found, e.g. "gopher_quality.word_count 23 < 50"
    "quality": pl.Int64,  # 0 best to MOST_SIGNS
}

Attributes = Mapping[str, pl.DataFrame]
Span = tuple[int, int, str]


def load_policy(path: Path) -> Policy:
    """One policy file, checked against all filters there are. Raises RegistryError naming every field at fault."""
    try:
        content = read_yaml(path)
    except ValueError as error:
        raise _refused(path, [str(error)]) from error
    try:
        policy = Policy.model_validate(content)
    except ValidationError as error:
        raise _refused(path, [f"{_place(item['loc'])}: {item['msg']}" for item in error.errors()]) from error
    if policy.name != path.stem:
        raise _refused(path, [f"name: is {policy.name!r}, but the file is named {path.name}; rename one of them"])
    policy.check(tuple(FILTERS))
    return policy


def decide(
    policy: Policy,
    documents: pl.DataFrame,
    attributes: Attributes,
    suppressed: Collection[str] = (),
    protected: Mapping[str, str] = MappingProxyType({}),
) -> pl.DataFrame:
    """Which documents are kept; for the others the reason and the rule that was broken.

    `documents` has the columns id, media_type, accepted, licence_reason, licence_status; `attributes` maps each filter
    to its frame over the same documents in the same order; `suppressed` are ids of the takedown ledger, `protected` those
    whose public domain does not hold where it must, each with the reason. Returns one row per document, in order, with the
    columns of `DECIDED`.

    A takedown outranks the licence, the licence outranks the rules, and the first broken rule of the section counts.
    Everything fails closed: a missing attribute drops where its filter reads that kind of text, and so does a media
    type that is neither prose nor code. Raises PileError where attributes are missing or belong to other documents.
    """
    kind_of_row = kinds(documents["media_type"])
    drops = _unlawful(documents, frozenset(suppressed), protected)
    for row in kind_of_row.is_null().arg_true():
        media_type = documents["media_type"][row]
        drops.setdefault(row, (MEDIA_TYPE_UNKNOWN, f"{media_type} is neither prose nor code in filters.media"))
    quality = pl.Series("quality", [MOST_SIGNS] * documents.height, dtype=pl.Int64)
    for kind in get_args(Kind):
        rows = kind_of_row.eq_missing(kind)
        _apply_rules(policy, kind, rows, documents, attributes, drops)
        quality = quality.zip_with(~rows, _signs(policy, kind, documents, attributes))
    reasons = [drops.get(row, (None, None)) for row in range(documents.height)]
    return pl.DataFrame(
        {
            "id": documents["id"],
            "kept": [reason is None for reason, _ in reasons],
            "reason": [reason for reason, _ in reasons],
            "rule": [rule for _, rule in reasons],
            "quality": quality,
        },
        schema=DECIDED,
    )


Drops = dict[int, tuple[str, str]]


def _unlawful(documents: pl.DataFrame, suppressed: Collection[str], protected: Mapping[str, str]) -> Drops:
    """Rows that may not be used, whatever their text is like."""
    drops: Drops = {}
    columns = documents.select("id", "accepted", "licence_status", "licence_reason").iter_rows()
    for row, (document, accepted, status, reason) in enumerate(columns):
        if document in suppressed:
            drops[row] = (TAKEDOWN, "suppressed by the takedown ledger")
        elif not accepted:
            drops[row] = (
                LICENCE_REJECTED if status == "resolved" else LICENCE_HELD,
                reason or f"the licence is {status} and not accepted",
            )
        elif document in protected:
            drops[row] = (NOT_PUBLIC_DOMAIN, protected[document])
    return drops


def _apply_rules(
    policy: Policy, kind: Kind, rows: pl.Series, documents: pl.DataFrame, attributes: Attributes, drops: Drops
) -> None:
    """Add the documents of one kind that break a rule of their section; a row dropped already keeps its reason."""
    for rule in policy.section(kind).rules:
        if not _reads(rule.attribute, kind):
            continue
        values = _values(rule.attribute, documents, attributes)
        for row in (rows & values.is_null()).arg_true():
            drops.setdefault(row, (ATTRIBUTE_MISSING, f"{rule.attribute} is null"))
        for row in (rows & rule.broken(values)).arg_true():
            if row not in drops:
                drops[row] = (rule.drop_because, rule.explain(values[row]))


def _signs(policy: Policy, kind: Kind, documents: pl.DataFrame, attributes: Attributes) -> pl.Series:
    """How many of the section's signs each document shows."""
    found = pl.Series("quality", [0] * documents.height, dtype=pl.Int64)
    for sign in policy.section(kind).quality:
        if _reads(sign.attribute, kind):
            found = found + sign.shows(_values(sign.attribute, documents, attributes)).cast(pl.Int64)
    return found


def _reads(attribute: str, kind: Kind) -> bool:
    """Whether the filter of `attribute` reads texts of this kind at all."""
    return FILTERS[attribute.partition(".")[0]].media in ("all", kind)


def _values(attribute: str, documents: pl.DataFrame, attributes: Attributes) -> pl.Series:
    """The column of an attribute, row for row with `documents`; not-a-number counts as missing."""
    name, _, column = attribute.partition(".")
    frame = attributes.get(name)
    if frame is None or column not in frame.columns or not frame["id"].equals(documents["id"]):
        raise PileError(
            f"The attribute {attribute} is not there for these documents.",
            remedy=f"Make the stage {name} of this partition again; `pile verify` names a damaged file.",
        )
    return frame[column].fill_nan(None) if frame[column].dtype.is_float() else frame[column]


def clean(policy: Policy, documents: pl.DataFrame, attributes: Attributes) -> pl.DataFrame:
    """The documents with every span of the policy's edits replaced by its mask.

    `documents` has the columns id, media_type, text; spans are UTF-8 byte offsets. Overlapping spans are one: it is
    replaced by the mask of the span that starts first, of these the longest. Returns `schemas.CLEANED`, one row per
    document, in order; a document without spans is unchanged. Raises PileError for spans that do not fit the text.
    """
    spans = _spans(policy, documents, attributes)
    rows = []
    for row, (document, media_type, text) in enumerate(documents.select("id", "media_type", "text").iter_rows()):
        data = text.encode()
        if row in spans:
            data = _masked(data, spans[row], document)
        rows.append(
            {
                "id": document,
                "media_type": media_type,
                "modified": row in spans,
                "text_sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
                "text": data.decode() if row in spans else text,
            }
        )
    return pl.DataFrame(rows, schema=schemas.CLEANED)


def _spans(policy: Policy, documents: pl.DataFrame, attributes: Attributes) -> dict[int, list[tuple[Span, str]]]:
    """The spans to edit with their masks, by row, for rows that have any."""
    found: dict[int, list[tuple[Span, str]]] = {}
    for edit in policy.edits:
        column = _values(edit.spans, documents, attributes)
        for row in (column.list.len() > 0).arg_true():
            for span in column[row]:
                if span["kind"] not in edit.masks:
                    raise PileError(
                        f"{edit.spans} holds a span of kind {span['kind']!r}, for which there is no mask.",
                        remedy=f"Add a mask for it to the edits of policy {policy.name}.",
                        document=documents["id"][row],
                    )
                place = (span["start"], span["end"], span["kind"])
                found.setdefault(row, []).append((place, edit.masks[span["kind"]]))
    return found


def _masked(data: bytes, spans: Sequence[tuple[Span, str]], document: str) -> bytes:
    """`data` with each run of overlapping spans replaced by the mask of its first span."""
    pieces: list[bytes] = []
    end = 0
    for (start, stop, kind), mask in sorted(spans, key=lambda item: (item[0][0], -item[0][1], item[0][2])):
        if not (0 <= start < stop <= len(data)) or _inside_character(data, start) or _inside_character(data, stop):
            raise PileError(
                f"A span of kind {kind} from byte {start} to {stop} does not fit the text of {len(data)} bytes.",
                remedy="The attributes belong to another version of the text: make the filter's stage again.",
                document=document,
            )
        if start >= end:
            pieces += [data[end:start], mask.encode()]
        end = max(end, stop)
    return b"".join([*pieces, data[end:]])


def _inside_character(data: bytes, at: int) -> bool:
    return at < len(data) and data[at] & 0xC0 == 0x80


def _refused(path: Path, problems: Sequence[str]) -> RegistryError:
    located = [f"{path.name}: {problem}" for problem in problems]
    return RegistryError(
        f"Policy {path.name} is refused: {'; '.join(located)}.",
        remedy=f"Mend every field named in {path.name}; sources with other policies go on.",
        problems=located,
    )


def _place(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "policy"
