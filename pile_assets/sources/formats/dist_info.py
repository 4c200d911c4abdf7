"""The `*.dist-info` folder of an installed Python distribution: METADATA and RECORD.

Formats only: core metadata (PyPA specification, PEP 566 and PEP 639) and the record of installed files (PEP 376, 627).
What a distribution is used for is for the source that reads it. Both files are written by others and trusted for nothing:
paths that leave the site-packages folder are left out, and unreadable files raise `Unreadable`.
"""

import csv
import email.parser
import email.utils
import io
import re
from dataclasses import dataclass
from pathlib import PurePosixPath


class Unreadable(Exception):
    """METADATA or RECORD is not what its format says; the message says where."""


@dataclass(frozen=True)
class CoreMetadata:
    """The fields of METADATA that are read; None or empty where a field is missing."""

    name: str
    version: str
    summary: str | None
    licence_expression: str | None
    licence: str | None
    classifiers: tuple[str, ...]
    licence_files: tuple[str, ...]
    authors: tuple[str, ...]  # names, without addresses
    description: str
    description_type: str  # media type without parameters


def normalise_name(name: str) -> str:
    """A distribution's name as PEP 503 compares it: lower case, runs of ".", "-" and "_" as one "-"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_metadata(content: bytes) -> CoreMetadata:
    """The core metadata in `content`. Raises Unreadable where it is not UTF-8 or has no name and version."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"METADATA is not UTF-8 at byte {error.start}") from error
    message = email.parser.Parser().parsestr(text)
    fields = {key: str(message[key]) for key in ("Name", "Version") if message[key]}
    if len(fields) < 2:
        raise Unreadable("METADATA has no Name or no Version")
    body = message.get_payload()
    description = body if isinstance(body, str) and body.strip() else _unfolded(str(message["Description"] or ""))
    return CoreMetadata(
        fields["Name"].strip(),
        fields["Version"].strip(),
        _single(message["Summary"]),
        _single(message["License-Expression"]),
        str(message["License"] or "").strip() or None,
        tuple(str(value).strip() for value in message.get_all("Classifier", [])),
        tuple(str(value).strip() for value in message.get_all("License-File", [])),
        _people(message["Author"], message["Author-email"]) or _people(message["Maintainer"], message["Maintainer-email"]),
        "" if description.strip() in ("", "UNKNOWN") else description,
        _media_type(str(message["Description-Content-Type"] or "text/x-rst")),
    )


def without_description(content: bytes) -> bytes:
    """METADATA with neither body nor Description field, its other lines byte for byte as they were."""
    head, _, _ = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept, inside = [], False
    for line in head.splitlines(keepends=True):
        inside = line.lower().startswith(b"description:") or (inside and line[:1] in (b" ", b"\t"))
        if not inside:
            kept.append(line)
    return b"".join(kept).rstrip(b"\n") + b"\n"


def _single(value: object) -> str | None:
    text = " ".join(str(value).split()) if value else ""
    return text if text and text != "UNKNOWN" else None


def _unfolded(value: str) -> str:
    """A description kept in a header: continuation lines are marked by eight blanks or by seven and a bar."""
    return re.sub(r"\n(?: {8}| {7}\|)", "\n", value)


def _media_type(value: str) -> str:
    essence = value.partition(";")[0].strip().lower()
    return essence if essence in ("text/markdown", "text/x-rst", "text/plain") else "text/plain"


def _people(names: object, addresses: object) -> tuple[str, ...]:
    """Names only: a mail address is nobody's credit, and personal data."""
    listed = [part.strip() for part in str(names or "").split(",")]
    listed += [name.strip() for name, _ in email.utils.getaddresses([str(addresses or "")])]
    return tuple(dict.fromkeys(name for name in listed if name and "@" not in name and name != "UNKNOWN"))


def read_record(content: bytes) -> tuple[str, ...]:
    """The installed files a RECORD lists that lie in site-packages, sorted, without compiled Python. Raises Unreadable."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"RECORD cannot be read: {error}") from error
    paths = {row[0] for row in rows if row and _inside(row[0])}
    return tuple(sorted(path for path in paths if not path.endswith(".pyc") and "__pycache__" not in path.split("/")))


def _inside(path: str) -> bool:
    """Whether a recorded path stays below the folder it is relative to, on any platform."""
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and not re.search(r"[\\:\0]", path)
