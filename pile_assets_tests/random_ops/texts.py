"""Real texts to publish: of a folder of unpacked sources where one is named, else of this machine. Only reading them is here.

The folder holds sources as their publishers have them, packed or not; `PILE_REAL_TEXTS` names it. The long form makes one of
the samples that lie beside a developer's checkout.
"""

import os
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from pile_assets_tests.licensing import real_files

FOLDER = "PILE_REAL_TEXTS"
SUFFIXES = (".rst", ".md", ".mediawiki", ".txt")
SHORTEST, LONGEST = 1_500, 40_000
EACH = 60
"""Texts taken from one archive or folder at most, so that several publishers come together."""


@contextmanager
def samples_unpacked() -> Iterator[str]:
    """Have this process and its children read the samples, where they are there and no folder is named; gives what is read."""
    packed = sorted(real_files.FOLDER.glob("*.tar.xz"))
    if os.environ.get(FOLDER) or not packed:
        yield os.environ.get(FOLDER) or "this machine"
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in packed:
            with tarfile.open(path, "r:xz") as archive:
                archive.extractall(Path(folder) / path.name.removesuffix(".tar.xz"), filter="data")
        os.environ[FOLDER] = folder
        try:
            yield str(real_files.FOLDER)
        finally:
            del os.environ[FOLDER]


def real_texts(count: int) -> list[str]:
    """So many texts, always the same ones of the same folder."""
    named = os.environ.get(FOLDER)
    found = list(islice(_of_folder(Path(named)) if named else _of_this_machine(), count))
    if len(found) < count:
        raise SystemExit(
            f"{named or 'this machine'} has only {len(found)} texts of {SHORTEST} to {LONGEST} bytes; {count} are needed"
        )
    return found


def _of_folder(folder: Path) -> Iterator[str]:
    for source in sorted(path for path in folder.iterdir() if path.is_dir()):
        for archive in sorted(source.rglob("*.tar.gz")):
            yield from islice(_of_archive(archive), EACH)
        yield from islice(_of_files(source), EACH)


def _of_archive(archive: Path) -> Iterator[str]:
    with tarfile.open(archive) as members:
        for member in members:
            if member.isfile() and member.name.endswith(SUFFIXES) and SHORTEST <= member.size <= LONGEST:
                content = members.extractfile(member)
                yield from _usable(content.read() if content else b"")


def _of_this_machine() -> Iterator[str]:
    paths = sysconfig.get_paths()
    yield from _of_files(Path(paths["purelib"]))
    yield from _of_files(Path(paths["stdlib"]), (".py", *SUFFIXES))


def _of_files(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes and path.is_file() and SHORTEST <= path.stat().st_size <= LONGEST:
            yield from _usable(path.read_bytes())


def _usable(content: bytes) -> Iterator[str]:
    try:
        yield content.decode()
    except UnicodeDecodeError:
        return
