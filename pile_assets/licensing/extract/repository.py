"""Git repositories as trees of files: what their licence files, headers and REUSE files say of each file.

A licence file speaks for its folder. That at the root speaks for the code of the repository and for the documents that
belong to it; of a licence for software that is all it can mean. Texts and data that a repository merely carries need a
statement that is about them: a licence for content, a DATA_LICENSE, a header. Other people's code in a folder such as
`vendor` needs its own as well, and what it says of itself is nearer than anything around it.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from pile_assets.licensing import claims, expressions, headers, normalise, texts
from pile_assets.licensing.extract import reuse, statements
from pile_assets.licensing.model import NOT_CONTENT, Claim, Kind, Reading
from pile_assets.sources.formats import source_files

LONGEST_STATEMENT = 1_500
"""Characters. A licence file that is no licence text may be a sentence; a longer one is a page about licences."""

_DATA = frozenset(
    {".arff", ".csv", ".conllu", ".feather", ".json", ".jsonl", ".ndjson", ".nlp", ".parquet", ".srt", ".tsv", ".txt", ".vtt"}
    | {".xml"}
)
_PROSE = frozenset({"text/markdown", "text/plain", "text/x-rst"})
_OF_THE_CODE = re.compile(
    r"(?:readme|changelog|changes|history|news|contributing|install|authors|todo|requirements|constraints|cmakelists"
    r"|package|tsconfig|composer|pyproject|setup|manifest|conftest)\b.*",
    re.IGNORECASE,
)
_DATA_LICENCE = re.compile(
    r"(?:data|dataset|content|text|docs?|documentation)[-_. ]?licen[cs]e(?:\.\w+)?"
    r"|licen[cs]e[-_.](?:data|content|text|docs?)(?:\.\w+)?",
    re.IGNORECASE,
)
_DOCUMENTATION = re.compile(r"(?:^|/)(?:docs?|documentation|\.github)/")
"""Folders in which a page may be called "license" and only tell of the project's."""
_REFERENCE = re.compile(r"^\[(?P<name>[^\]\n]+)\]:[ \t]*(?P<address>\S+)[ \t]*$", re.MULTILINE)
_SENTENCE = re.compile(
    r"\b(?:are|is) licensed under\s+(?:the\s+|an?\s+)?\[(?P<name>[^\]]+)\](?:\[(?P<key>[^\]]+)\]|\((?P<target>[^)\s]+)\))?",
    re.IGNORECASE,
)
_CONTENT_LICENCES = re.compile(r"CC|ODbL|ODC|PDDL|OGL|GFDL|LAL|etalab|CDLA|LicenseRef-PublicDomain|Unlicense")


class Tree:
    """One version of a repository, its licence files read once. `files` are its files by path below the top folder."""

    def __init__(self, files: Mapping[str, bytes]):
        self._files = files
        self._claims = [claim for path in sorted(files) for claim in self._of_licence_file(path)]
        licensed = {claim.scope for claim in self._claims if claim.kind == "tree"}
        self._claims += claims.bundled(sorted(files), licensed)

    def of(self, path: str) -> tuple[Claim, ...]:
        """The claims about one file: its own, those beside it, and those of every licence file that covers it."""
        content = self._files[path]
        sha256 = hashlib.sha256(content).hexdigest()
        own = self._of_head(path, content, sha256)
        beside, ignore_own = reuse.of_file(self._files, path, headed=bool(own))
        near = (*(() if ignore_own else own), *beside)
        return statements.distinct((*near, *(self._about(claim, path) for claim in self._claims)))

    def _of_head(self, path: str, content: bytes, sha256: str) -> tuple[Claim, ...]:
        kind = source_files.media_type(path)
        if kind is None:
            return ()
        return headers.claims(path, content[: headers.LONGEST * 4].decode("utf-8", errors="replace"), kind, sha256)

    def _of_licence_file(self, path: str) -> tuple[Claim, ...]:
        if not claims.is_licence_file(path) or path.startswith((reuse.TEXTS, ".reuse/")) or path.endswith(reuse.SIDECAR):
            return ()
        folder = str(PurePosixPath(path).parent)
        scope = "" if folder == "." else f"{folder}/"
        content = self._files[path]
        text, sha256 = content.decode("utf-8", errors="replace"), hashlib.sha256(content).hexdigest()
        if said := _sentence(text):
            kind: Kind = "tree" if scope else "whole"
            return (Claim(kind, scope, said[0], said[1], "rightsholder", path, sha256),)
        if _DOCUMENTATION.search(scope) and texts.find(text).nothing:
            return ()
        return claims.from_licence_file(path, text, scope, sha256)

    def _about(self, claim: Claim, path: str) -> Claim:
        """A licence file's claim as it is about `path`: one about data is none about code, nor the other way round.

        Where a repository divides the two, its prose goes with the data: a README tells of both.
        """
        name = PurePosixPath(claim.where).name
        divided = any(_DATA_LICENCE.fullmatch(PurePosixPath(other.where).name) for other in self._claims)
        content = is_content(path) or (divided and source_files.media_type(path) in _PROSE)
        if _DATA_LICENCE.fullmatch(name):
            return claim if content else replace(claim, kind="notice")
        if content and claim.kind in ("whole", "tree") and claim.reading.spdx and not _for_content(claim.reading.spdx):
            return replace(claim, kind="notice") if divided else replace(claim, reading=Reading("unresolved", NOT_CONTENT))
        return claim


def is_content(path: str) -> bool:
    """Whether a file is text or data that a repository carries, by its suffix, and not its code or what belongs to that."""
    name = PurePosixPath(path)
    return name.suffix.lower() in _DATA and _OF_THE_CODE.fullmatch(name.stem) is None


def _for_content(spdx: str) -> bool:
    """Whether some licence of an expression is meant for content: software licences speak of "the software"."""
    return any(_CONTENT_LICENCES.match(identifier) for identifier in expressions.identifiers(spdx))


def _sentence(text: str) -> tuple[str, Reading] | None:
    """The statement of a licence file that is one sentence with a name and a link ("… are licensed under a [CC BY][by]")."""
    if len(text) > LONGEST_STATEMENT or (found := _SENTENCE.search(text)) is None:
        return None
    targets = {match["name"].lower(): match["address"] for match in _REFERENCE.finditer(text)}
    address = found["target"] or targets.get((found["key"] or found["name"]).lower(), "")
    raw = f"{found['name']} {address}".strip()
    return raw, normalise.read(re.sub(r"[()]", "", raw), "text")
