"""The Python distributions installed in an environment: source files, README and package description.

Local files only: what is installed, as the installer recorded it. One partition per distribution; its upstream version
is a hash over the bytes of the files that are read, so that the same wheel has the same version whichever tool installed
it and whenever (RECORD itself differs between installers). Licences are decided per document from the distribution's
metadata, its licence files and each file's own head.
"""

import hashlib
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pile_assets.errors import PileError, Quarantine
from pile_assets.licensing import accepted, claims, headers, stanzas, texts, verdict
from pile_assets.licensing.model import Claim, Reading, Verdict
from pile_assets.sources.formats import dist_info, source_files, text_encoding
from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, SourceContext, Upstream
from pile_assets.sources.options import Options, read_options
from pile_assets.store import KEY_PATTERN, file_sha256

VERSION = "1"
LIBRARIES = ("license-expression",)
HOST: str | None = None

PROJECT = "pile-assets"
"""The corpus never holds the code that built it."""

PRIVATE = "Marked private by its publisher"
DIRECT = "Installed from a direct address and not from an index"
OWN_CODE = "The project itself is no part of its corpus"

LONGEST_CREDIT = 500
"""Characters of an attribution line; the licence texts with all their copyright lines go along in the legal kit."""

_LICENCE_FOLDER = "licenses"


class DistributionsOptions(Options):
    """`site_packages`: folders to read, the first counts where one name is in several (default: those of the running
    environment). `exclude`: names of distributions to leave out, in any spelling."""

    ASKING = frozenset({"site_packages", "exclude"})

    site_packages: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()

    def folders(self) -> tuple[Path, ...]:
        paths = sysconfig.get_paths()
        return self.site_packages or tuple(Path(folder) for folder in dict.fromkeys((paths["purelib"], paths["platlib"])))


OPTIONS: type[Options] = DistributionsOptions


@dataclass(frozen=True)
class _Installed:
    """One distribution on disk."""

    key: str
    site: Path
    folder: str  # "requests-2.34.2.dist-info"

    @property
    def version(self) -> str:
        return self.folder.removesuffix(".dist-info").rpartition("-")[2]

    def url(self, path: str) -> str:
        """The package URL of one of its files (purl specification; the fragment is the subpath)."""
        return f"pkg:pypi/{self.key}@{quote(self.version)}#{quote(path)}"

    def files(self) -> list[str]:
        """The recorded files that are read and are there, sorted. Raises OSError and dist_info.Unreadable."""
        recorded = dist_info.read_record((self.site / self.folder / "RECORD").read_bytes())
        return [path for path in recorded if _is_read(path, self.folder) and (self.site / path).is_file()]


def _is_read(path: str, folder: str) -> bool:
    """Whether a recorded file is a possible document or evidence; the rest (binaries, data, styles) is not looked at."""
    parts = PurePosixPath(path).parts
    if parts[0] != folder:
        return claims.is_licence_file(path) or source_files.media_type(path) is not None
    return parts[1:] in (("METADATA",), ("direct_url.json",)) or parts[1] == _LICENCE_FOLDER or claims.is_licence_file(path)


def discover(context: SourceContext) -> Discovery:
    """Every installed distribution with the hash of its files: reads all their bytes, and no times.

    A distribution without a RECORD (installed by a system's own packager) is left out with a note; one that cannot be
    read just now makes the discovery incomplete, so that nothing is withdrawn for it. Raises PileError where a folder is
    missing.
    """
    notes: list[str] = []
    partitions: dict[str, Upstream] = {}
    complete = True
    for installed in _installed(context, notes):
        try:
            hashes = {path: file_sha256(installed.site / path) for path in installed.files()}
            size = sum((installed.site / path).stat().st_size for path in hashes)
        except (OSError, dist_info.Unreadable) as error:
            notes.append(f"{installed.folder} is left out: {error}.")
            complete = False
            continue
        version = source_files.version_of(hashes.items())
        partitions[installed.key] = Upstream(version, len(hashes), size, f"pkg:pypi/{installed.key}@{quote(installed.version)}")
    return Discovery(partitions, complete, tuple(notes))


def _installed(context: SourceContext, notes: list[str]) -> Iterator[_Installed]:
    """The distributions that have a RECORD, in order of folder and name; what is left out is noted."""
    options = read_options(context, DistributionsOptions)
    left_out = {dist_info.normalise_name(name) for name in options.exclude}
    seen: set[str] = set()
    for site in options.folders():
        if not site.is_dir():
            remedy = "Mend options.site_packages; until then the source stays as it is."
            raise PileError(f"There is no folder {site}.", remedy=remedy, source=context.source)
        for folder in sorted(path.name for path in site.glob("*.dist-info") if path.is_dir()):
            key = dist_info.normalise_name(folder.removesuffix(".dist-info").rpartition("-")[0])
            if key in left_out:
                continue
            if why := _unusable(key, site / folder, seen):
                notes.append(f"{folder} in {site} is left out: {why}.")
                continue
            seen.add(key)
            yield _Installed(key, site, folder)


def _unusable(key: str, folder: Path, seen: set[str]) -> str | None:
    if not KEY_PATTERN.fullmatch(key):
        return "its name cannot be a partition key"
    if key in seen:
        return "a distribution of that name was found before it"
    return None if (folder / "RECORD").is_file() else "it has no RECORD of its files"


def fetch(context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
    """The distribution's files. Raises Quarantine where they are gone, too large, or changed since discovery."""
    installed = next((found for found in _installed(context, []) if found.key == partition), None)
    if installed is None:
        raise _quarantine(context, partition, "The distribution is no longer installed.")
    try:
        paths = installed.files()
        _check_size(context, partition, sum((installed.site / path).stat().st_size for path in paths))
        contents = [(path, (installed.site / path).read_bytes()) for path in paths]
    except (OSError, dist_info.Unreadable) as error:
        raise _quarantine(context, partition, f"Its files cannot be read: {error}.") from error
    if source_files.version_of((path, hashlib.sha256(content).hexdigest()) for path, content in contents) != upstream.version:
        raise _quarantine(context, partition, "Its files changed between discovery and reading.")
    for path, content in contents:
        yield RawFile(path, installed.url(path), content)


def _quarantine(context: SourceContext, partition: str, cause: str, remedy: str = "") -> Quarantine:
    look = "Look at the environment, then run the build again; the last good version is kept meanwhile."
    return Quarantine(cause, remedy=remedy or look, source=context.source, partition=partition)


def _check_size(context: SourceContext, partition: str, size: int) -> None:
    if size > context.partition_bytes:
        cause = f"Its files take {size} bytes, the cap is {context.partition_bytes}."
        raise _quarantine(context, partition, cause, f"Raise size_cap.partition_bytes in {context.source}.yaml.")


def documents(context: SourceContext, partition: str, raw: Iterable[RawFile]) -> Iterator[Document | Skipped]:
    """One document per source file and one for the description, each with its verdict.

    The files of the distribution are held together in memory while evidence is gathered (at most `partition_bytes`):
    what its licence files say must be known before its first source file is judged. Raises Quarantine where METADATA is
    missing or unreadable.
    """
    files = list(raw)
    metadata_file = next((file for file in files if _is_metadata(file.path)), None)
    if metadata_file is None:
        raise _quarantine(context, partition, "It has no METADATA.")
    try:
        metadata = dist_info.read_metadata(metadata_file.content)
    except dist_info.Unreadable as error:
        raise _quarantine(context, partition, f"{error}.") from error
    judge = _Judge(partition, metadata, metadata_file, files)
    for file in files:
        yield _document(context, partition, file, metadata, judge)


def redact(file: RawFile, native_ids: Collection[str]) -> bytes:
    """METADATA without the description, since the rest of it says what the other files may be used for; of others nothing."""
    return dist_info.without_description(file.content) if _is_metadata(file.path) else b""


def _is_metadata(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] == "METADATA"


def _document(
    context: SourceContext, partition: str, file: RawFile, metadata: dist_info.CoreMetadata, judge: "_Judge"
) -> Document | Skipped:
    """The file as a document, or the reason why it is none."""
    if _is_metadata(file.path):
        if not metadata.description:
            return Skipped(file.path, "no-description")
        text, kind, native, title = metadata.description, metadata.description_type, "METADATA", metadata.name
    else:
        kind = source_files.media_type(file.path) or ""
        if claims.is_licence_file(file.path) or PurePosixPath(file.path).parts[0].endswith(".dist-info"):
            return Skipped(file.path, "licence-file" if not file.path.endswith("direct_url.json") else "packaging-metadata")
        if len(file.content) > context.document_bytes:
            return Skipped(file.path, "too-large", f"{len(file.content)} bytes, the cap is {context.document_bytes}")
        try:
            text = source_files.decode(file.content, kind)
        except text_encoding.WrongEncoding as error:
            return Skipped(file.path, "not-utf8", str(error))
        native, title = file.path, file.path
    if not text.strip():
        return Skipped(file.path, "empty")
    sha256 = hashlib.sha256(file.content).hexdigest()
    given, attribution = judge.of(file.path, text, kind, sha256)
    author = "; ".join(metadata.authors) or None
    return Document(
        f"{partition}/{native}",
        file.url,
        kind,
        text,
        given,
        file.path,
        sha256,
        title=title,
        author=author,
        attribution=attribution,
    )


@dataclass(frozen=True)
class _Shipped:
    """What a distribution ships for those who pass it on: licence texts, copyright lines, and the mark where there are none."""

    texts: bool
    notices: tuple[str, ...]
    missing: Claim


class _Judge:
    """The licence evidence of one distribution, gathered once, and the verdict on each of its files."""

    def __init__(self, partition: str, metadata: dist_info.CoreMetadata, metadata_file: RawFile, files: Sequence[RawFile]):
        self._claims = _claims(metadata, metadata_file, files)
        self._shipped = _shipped(metadata_file.path, files)
        self._held = _held(partition, metadata, files, self._claims)
        self._credit = ", ".join((metadata.name, *metadata.authors))

    def of(self, path: str, text: str, media_type: str, sha256: str) -> tuple[Verdict, str | None]:
        """The verdict on one file, and the line its readers must be shown where its licence asks for one."""
        if self._held is not None:
            return self._held, None
        source = not _is_metadata(path)
        head = headers.claims(path, text, media_type, sha256) if source else ()
        given = verdict.decide(path, (*head, *self._claims))
        if given.spdx is None or not given.accepted:
            return given, None
        asked = accepted.judge(given.spdx)
        own = headers.copyright_lines(text, media_type) if source else ()
        if asked.text and not self._shipped.texts:
            if asked.notice and not own:
                return verdict.without_notice(given), None
            given = replace(given, evidence=(*given.evidence, self._shipped.missing))
        credit = "; ".join((self._credit, *(own or self._shipped.notices)))
        return given, credit[:LONGEST_CREDIT] if asked.attribution else None


def _claims(metadata: dist_info.CoreMetadata, metadata_file: RawFile, files: Sequence[RawFile]) -> tuple[Claim, ...]:
    """All claims of the distribution that are not a file's own: metadata, licence files, bundled code."""
    sha256 = hashlib.sha256(metadata_file.content).hexdigest()
    stated = claims.from_core_metadata(
        metadata.licence_expression, metadata.licence, metadata.classifiers, metadata_file.path, sha256
    )
    identifiers = claims.stated_identifiers(stated)
    folders = {f"{parent}/" for file in files for parent in PurePosixPath(file.path).parents if str(parent) != "."}
    found = list(stated)
    for file, text in _licence_files(files):
        scope = _scope(file.path, metadata, folders)
        kind = hashlib.sha256(file.content).hexdigest()
        if scope is None:
            found += [replace(claim, kind="notice", scope="") for claim in claims.from_licence_file(file.path, text, "", kind)]
        else:
            found += claims.from_licence_file(file.path, text, scope, kind, identifiers)
    licensed = {claim.scope for claim in found if claim.kind == "tree"}
    return (*found, *claims.bundled((file.path for file in files), licensed))


def _licence_files(files: Sequence[RawFile]) -> Iterator[tuple[RawFile, str]]:
    for file in files:
        if claims.is_licence_file(file.path) or f".dist-info/{_LICENCE_FOLDER}/" in file.path:
            yield file, file.content.decode("utf-8", errors="replace")


def _scope(path: str, metadata: dist_info.CoreMetadata, folders: set[str]) -> str | None:
    """What a licence file speaks for: "" for all of the distribution, a folder of it, None for nothing that is installed."""
    parts = PurePosixPath(path).parts
    if not parts[0].endswith(".dist-info"):
        return f"{PurePosixPath(path).parent}/" if len(parts) > 1 else None
    if not claims.is_licence_file(path):
        return None  # READMEs, change logs and lists of authors are allowed as License-File (PEP 639) and state nothing
    inner = parts[2:] if parts[1] == _LICENCE_FOLDER else parts[1:]
    return claims.scope_of_licence_file("/".join(inner), folders)


def _shipped(where: str, files: Sequence[RawFile]) -> _Shipped:
    found = [(file.path, text) for file, text in _licence_files(files) if claims.is_licence_file(file.path)]
    complete = any(texts.find(text).licences or not claims.is_notice_file(path) for path, text in found)
    lines = dict.fromkeys(line for _, text in found for line in headers.notices(stanzas.split(text)[0]))
    missing = Claim(
        "notice", "", "no licence text is shipped", Reading("unresolved", "licence-text-missing"), "rightsholder", where
    )
    return _Shipped(complete, tuple(lines), missing)


def _held(
    partition: str, metadata: dist_info.CoreMetadata, files: Sequence[RawFile], evidence: tuple[Claim, ...]
) -> Verdict | None:
    """The verdict on a distribution that is held as a whole, whatever its licence says; None for all others."""
    if partition == PROJECT:
        return verdict.hold(OWN_CODE, metadata.name, "own-code", evidence[:1])
    if private := next((name for name in metadata.classifiers if name.startswith("Private ::")), None):
        return verdict.hold(PRIVATE, f"classifier {private}", "private", evidence[:1])
    direct = next((file for file in files if file.path.endswith(".dist-info/direct_url.json")), None)
    if direct is not None:
        return verdict.hold(DIRECT, "direct_url.json is recorded", "direct-url", evidence[:1])
    return None
