"""A repository of enhancement proposals as GitHub serves it: the commit of a branch, and the archive of a commit.

The proposals are written here; only their form is that of the real ones.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from pile_assets_tests.mirror.server import Mirror

PUBLIC_DOMAIN = "This document has been placed in the public domain."
PUBLIC_DOMAIN_OR_CC0 = (
    "This document is placed in the public domain or under the\nCC0-1.0-Universal license, whichever is more permissive."
)
CC0 = (
    "This document has been placed in the public domain under the terms of the\n"
    "CC0 1.0 license: https://creativecommons.org/publicdomain/zero/1.0/"
)
OPEN_PUBLICATION = "This document is licensed under the `Open Publication License`_."


def pep(
    number: int,
    statement: str | None = PUBLIC_DOMAIN,
    *,
    title: str = "A Proposal",
    author: str = "First Author <first at example.org>,\n        Second Author <second@example.org>",
    created: str = "05-Jul-2001",
    subject: str = "counting",
) -> str:
    """One proposal in reStructuredText; without a Copyright section where `statement` is None."""
    heading = f"Copyright\n=========\n\n{statement}\n" if statement is not None else ""
    return (
        f"PEP: {number}\nTitle: {title}\nAuthor: {author}\nStatus: Draft\nType: Standards Track\nCreated: {created}\n\n"
        f"Abstract\n========\n\nThis proposal makes {subject} easier. Proposal number {number} explains how.\n\n"
        f"Rationale\n=========\n\nToday {subject} takes three lines, and most people get the second one wrong.\n\n{heading}"
    )


def commit(number: int) -> str:
    """A commit id that is easy to tell from others."""
    return f"{number:040x}"


def archive(files: Mapping[str, str | bytes], root: str) -> bytes:
    """A gzipped tar as `git archive` makes it, everything below one folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(f"{root}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


def publish(mirror: Mirror, at: str, files: Mapping[str, str | bytes] | bytes, *, version: str = "v1") -> None:
    """From `version` on the branch is at commit `at`, whose archive holds `files` (or is these bytes)."""
    answer = json.dumps({"sha": at, "commit": {"message": "a change"}}).encode()
    mirror.publish("/repos/python/peps/commits/main", answer, version=version, content_type="application/json")
    packed = files if isinstance(files, bytes) else archive(files, f"peps-{at}")
    mirror.publish(f"/python/peps/tar.gz/{at}", packed, version=version, content_type="application/x-gzip")


def options(mirror: Mirror) -> dict[str, Any]:
    """Options of the record that point both addresses at the mirror and do not wait."""
    return {"api_base_url": mirror.url, "archive_base_url": mirror.url, "wait_seconds": 0}
