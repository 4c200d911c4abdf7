"""Real files for tests that can use them: the packed samples that lie beside a developer's checkout, read in place.

They are no part of the project. Where they are missing, tests that ask for them are skipped and say so; every one of
those tests has a sibling on fixtures of our own writing, which always runs.
"""

import tarfile
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@cache
def of(source: str) -> dict[str, bytes]:
    """The files of one packed source by path; skips the test where the samples are not there."""
    packed = FOLDER / f"{source}.tar.xz"
    if not packed.is_file():
        pytest.skip(f"the real files are not on this machine: {packed} is missing")
    with tarfile.open(packed, "r:xz") as archive:
        return {member.name: read.read() for member in archive if (read := archive.extractfile(member)) is not None}


def inside(archive: bytes) -> dict[str, bytes]:
    """The files of a git archive by their path below its one top folder."""
    import io

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name.partition("/")[2]: read.read() for member in tar if (read := tar.extractfile(member)) is not None}
