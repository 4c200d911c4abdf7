"""Where licence statements stand in a partition of files, as claims: package metadata, licence files, bundled code.

Each function takes what was read and gives claims with the scope and the kind that place implies; none of them decides
(`verdict`) and none opens a file (`sources`). Claims from a file's own head are `headers.claims`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from pile_assets.licensing import expressions, names, normalise, stanzas, texts
from pile_assets.licensing.model import SILENT, VENDORED, Claim, Kind, Reading

_CODE = frozenset(
    {".py", ".pyi", ".pyx", ".pxd", ".pxi", ".h", ".c", ".cc", ".cpp", ".hpp", ".js", ".ts", ".json", ".so", ".html", ".css"}
    | {".svg", ".toml", ".yaml", ".yml"}
)
_LICENCE_FILE = re.compile(
    r"(?:licen[cs]es?|copying|copyrights?|unlicense|notices?)(?:[-_.].*)?|.*[-_.](?:licen[cs]es?|copying)(?:\.(?:txt|md|rst))?"
    r"|third[-_]?party[-_]?(?:notices?|licen[cs]es?).*",
    re.IGNORECASE,
)
_NOTICE_FILE = re.compile(r"notice|third[-_ ]?party|bundled|authors|contributors|licenses(?:[-_.]|$)", re.IGNORECASE)
_BUNDLES = frozenset(
    {"_bundled", "_extern", "_external", "_externals", "_thirdparty", "_vendor", "_vendored", "_vendors", "3rdparty", "bundled"}
    | {"extern", "external", "externals", "extlibs", "third_party", "thirdparty", "vendor", "vendored", "vendors"}
)
"""Folders whose content is other people's code. Their own `__init__` modules are not."""
_COPIES = frozenset({"array_api_compat", "array_api_extra"})
"""Packages that others carry along under no telling folder. A reviewed list: each was seen without its licence."""

SOURCE_FOLDERS = frozenset({"src", "lib", "python"})


def is_licence_file(path: str) -> bool:
    """Whether a file is there to state licences or authorship: such a file is evidence and no document."""
    name = PurePosixPath(path)
    return name.suffix.lower() not in _CODE and _LICENCE_FILE.fullmatch(name.name) is not None


def goes_along(path: str) -> bool:
    """Whether a file is passed on together with the documents beside it: licence files, and what PEP 639 lists as such."""
    return is_licence_file(path) or ".dist-info/licenses/" in path


def is_notice_file(path: str) -> bool:
    """Whether a licence file speaks of third parties or names people: kept as evidence, never deciding about text."""
    return _NOTICE_FILE.search(PurePosixPath(path).name) is not None


def from_core_metadata(
    expression: str | None, licence: str | None, classifiers: Sequence[str], where: str, sha256: str
) -> tuple[Claim, ...]:
    """The claims of Python core metadata (PEP 639 and earlier): `License-Expression`, `License`, `Classifier`.

    `where` is the path of the METADATA file, `sha256` its hash. Fields that say nothing make no claim.
    """
    stated = [("License-Expression", "spdx", expression)] if expression else []
    stated += [("License", "core-metadata-license", licence)] if licence else []
    stated += [("Classifier", "classifier", name) for name in classifiers if name.startswith("License ::")]
    read = ((field, raw, normalise.read(raw, context)) for field, context, raw in stated if raw)
    return tuple(
        Claim("whole", "", raw[:500], reading, "rightsholder", f"{where} {field}", sha256)
        for field, raw, reading in read
        if reading.rule != SILENT
    )


def from_licence_file(path: str, text: str, scope: str, sha256: str, stated: Collection[str] = ()) -> tuple[Claim, ...]:
    """The claims of one licence file over `scope` ("" for the whole partition, else a folder with its slash).

    `stated` are the identifiers the partition's metadata names exactly. A licence file beside such a statement
    corroborates it: further accepted licences in it are notices for parts, but copyleft or a restriction in it that is
    bound to no path leaves open what it is for, and competes.
    """
    own, bundled = stanzas.split(text)
    if is_notice_file(path):
        return (Claim("notice", scope, _excerpt(text), texts.recognise(own), "rightsholder", path, sha256),)
    found = texts.find(own)
    reading = texts.recognise(own)
    kind: Kind = "tree" if scope else "whole"
    excerpt = _excerpt(own)
    claims = [Claim(kind, scope, excerpt, reading, "rightsholder", path, sha256)]
    if not scope and stated:
        claims = [
            Claim(kind, "", excerpt, seen, "rightsholder", path, sha256) for kind, seen in _beside(found, reading, stated)
        ]
    return tuple(claims + [claim for stanza in bundled for claim in _of_stanza(stanza, path, sha256)])


def _beside(found: texts.Findings, reading: Reading, stated: Collection[str]) -> Iterator[tuple[Kind, Reading]]:
    """What a licence file adds where metadata already names licences exactly."""
    named = [same for identifier in found.licences if (same := _as_stated(identifier, stated))]
    families = {names.family_of(identifier) for identifier in stated}
    foreign = [name for name in found.refused if name not in stated and names.family_of(name) not in families]
    if foreign or found.restrictions:
        yield "whole", Reading("conflict", "licence-text-mixed")
    elif named:
        yield "whole", Reading("resolved", "licence-text", " AND ".join(named))
        if len(named) < len(found.licences) or found.changed:
            yield "notice", reading
    elif found.licences and not found.changed:
        yield "whole", reading
    else:
        yield "notice", reading


def _as_stated(identifier: str, stated: Collection[str]) -> str | None:
    """The stated identifier a licence text stands for; None where it is another licence.

    The text of a licence with an exception is often shipped without the exception, and the stack of Python licences,
    which holds the PSF's, by modules under the PSF licence alone.
    """
    if identifier in stated:
        return identifier
    if identifier == "Python-2.0.1" and "PSF-2.0" in stated:
        return "PSF-2.0"
    return next((name for name in sorted(stated) if name.startswith(f"{identifier} WITH ")), None)


def _of_stanza(stanza: stanzas.Stanza, path: str, sha256: str) -> Iterator[Claim]:
    reading = normalise.read(stanza.licence, "spdx")
    if reading.status != "resolved":
        reading = texts.recognise(stanza.text)
    for pattern in stanza.files:
        kind: Kind = "binary" if stanza.binary else "tree"
        yield Claim(kind, _literal(pattern), _excerpt(stanza.text), reading, "rightsholder", f"{path} Files", sha256)


def _literal(pattern: str) -> str:
    """The folder or file a glob certainly lies in, as a scope: "a/b/" of "a/b/*.c", "a/b.c" of "a/b.c"."""
    head = re.split(r"[*?\[]", pattern.removeprefix("./"), maxsplit=1)[0]
    return head if head == pattern.removeprefix("./") and PurePosixPath(head).suffix else head[: head.rfind("/") + 1]


def bundled(paths: Iterable[str], licensed: Collection[str]) -> tuple[Claim, ...]:
    """A blocking claim for each piece of other people's code that has no licence file of its own.

    `paths` are the partition's files, `licensed` the folders (with their slash) a licence file or stanza speaks for.
    The outer distribution's licence is not theirs to give: what they are is said by their own heads or by nobody.
    """
    roots = {root for path in paths if (root := _bundle_root(path)) is not None}
    return tuple(
        Claim("tree", root, "bundled code", Reading("unresolved", VENDORED), "third-party", root)
        for root in sorted(roots)
        if not any(root.startswith(folder) and _bundle_root(folder + "x.py") is not None for folder in licensed if folder)
    )


def _bundle_root(path: str) -> str | None:
    """The bundled package or module `path` belongs to: "pip/_vendor/rich/" or "pip/_vendor/six.py"; None for own code."""
    parts = PurePosixPath(path).parts
    for position, part in enumerate(parts[:-1]):
        if part in _COPIES and position > 0:
            return "/".join(parts[: position + 1]) + "/"
        if part in _BUNDLES:
            inner = parts[: position + 2]
            if len(parts) == position + 2:
                return None if parts[-1].startswith("__init__.") else path
            return "/".join(inner) + "/"
    return None


def scope_of_licence_file(relative: str, folders: Collection[str]) -> str | None:
    """The installed folder a licence file of `*.dist-info/licenses/` speaks for, by its path in the source tree (PEP 639).

    "" for a file at the root of that folder; None where it lies in a folder of the source tree that was not installed.
    `folders` are the installed folders, each with its slash.
    """
    parts = PurePosixPath(relative).parts[:-1]
    if not parts:
        return ""
    for start in range(len(parts)):
        candidate = "/".join(parts[start:]) + "/"
        if candidate in folders:
            return candidate
        if parts[start] not in SOURCE_FOLDERS:
            return None
    return None


def stated_identifiers(claims: Iterable[Claim]) -> frozenset[str]:
    """The identifiers that whole claims of the metadata name exactly."""
    named = (claim.reading.spdx for claim in claims if claim.kind == "whole" and claim.reading.spdx)
    return frozenset(identifier for spdx in named for identifier in expressions.identifiers(spdx))


def _excerpt(text: str) -> str:
    return " ".join(text.split())[:200]
