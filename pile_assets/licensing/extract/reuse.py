"""REUSE 3.3: licences of files that are stated beside them, in `.license` files, in REUSE.toml and in `.reuse/dep5`.

The folder LICENSES holds the texts of what is stated elsewhere and states nothing itself. A file's own header comes first,
then its `.license` file, then REUSE.toml, of which the nearest folder's counts and, within it, the last table that
matches; `precedence` can turn that around ("override") or add to it ("aggregate").
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pile_assets.licensing.extract import deb_copyright, globs, statements
from pile_assets.licensing.model import Claim

LARGEST = 1024 * 1024
SIDECAR = ".license"
TEXTS = "LICENSES/"
"""The folder of licence texts at the root of a REUSE project."""
_TOML, _DEP5 = "REUSE.toml", ".reuse/dep5"
_LINES = re.compile(r"^.*SPDX-License-Identifier.*$", re.MULTILINE)


def of_file(files: Mapping[str, bytes], path: str, *, headed: bool) -> tuple[tuple[Claim, ...], bool]:
    """What REUSE files of a tree say of one file; `headed`: whether its own header states a licence.

    The second value is True where the header is to be ignored (`precedence = "override"`).
    """
    if (beside := files.get(path + SIDECAR)) is not None:
        raw = "\n".join(_LINES.findall(beside.decode("utf-8", errors="replace")))
        return (_stated(raw, f"{path}{SIDECAR}", path) if raw else ()), False
    for folder in (*PurePosixPath(path).parents,):
        name = _TOML if str(folder) == "." else f"{folder}/{_TOML}"
        if (content := files.get(name)) is not None:
            return _of_toml(content, name, path, headed=headed)
    if not headed and (copyright_file := files.get(_DEP5)) is not None:
        found = deb_copyright.of_file(copyright_file.decode("utf-8", errors="replace"), path, _DEP5)
        return tuple(_own(claim, path) for claim in found), False
    return (), False


def _own(claim: Claim, path: str) -> Claim:
    """In a REUSE project the copyright file is the project's own statement, and not a packager's."""
    return Claim("file", path, claim.raw, claim.reading, "rightsholder", claim.where, claim.sha256)


def _of_toml(content: bytes, name: str, path: str, *, headed: bool) -> tuple[tuple[Claim, ...], bool]:
    try:
        if len(content) > LARGEST:
            raise ValueError(f"it has {len(content)} bytes, and more than {LARGEST} are not read")
        tables = tomllib.loads(content.decode("utf-8")).get("annotations", [])
        relative = str(PurePosixPath(path).relative_to(PurePosixPath(name).parent))
        matching = [table for table in tables if any(globs.reuse(pattern, relative) for pattern in _listed(table.get("path")))]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        return statements.unreadable(error, name, scope=path), False
    if not matching:
        return (), False
    table = matching[-1]
    precedence = table.get("precedence", "closest")
    if headed and precedence == "closest":
        return (), False
    claims = tuple(claim for raw in _listed(table.get("SPDX-License-Identifier")) for claim in _stated(raw, name, path))
    return claims, precedence == "override"


def _stated(raw: str, where: str, path: str) -> tuple[Claim, ...]:
    return statements.stated(raw, "reuse", where, scope=path)


def _listed(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one
