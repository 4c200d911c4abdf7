"""Debian copyright files: the last paragraph that matches a file, and nobody's word for the author's."""

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import deb_copyright

TEXT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: bread

Files: *
Copyright: 2019 Ada Example
License: Expat
 A text that nobody reads.

Files: vendor/*
       tools/x?.sh
Copyright: 2010 Somebody
License: GPL-2+

Files: debian/*
License: GPL-3
"""


@pytest.mark.parametrize(
    ("path", "spdx"),
    [
        ("src/a.c", "MIT"),
        ("vendor/deep/a.c", "GPL-2.0-or-later"),
        ("tools/xy.sh", "GPL-2.0-or-later"),
        ("tools/xyz.sh", "MIT"),
        ("debian/rules", "GPL-3.0-only"),
    ],
)
def test_the_last_paragraph_that_matches_counts(path, spdx):
    [claim] = deb_copyright.of_file(TEXT, path, "copyright")
    assert claim.reading.spdx == spdx


def test_a_packager_is_read_and_never_believed_alone():
    given = verdict.decide("src/a.c", deb_copyright.of_file(TEXT, "src/a.c", "copyright"))
    assert verdict.cause(given.reason or "") == verdict.NOT_ENTITLED
    refused = verdict.decide("vendor/a.c", deb_copyright.of_file(TEXT, "vendor/a.c", "copyright"))
    assert (refused.status, refused.accepted) == ("resolved", False)


def test_a_package_is_under_all_it_names_but_the_packaging():
    found = {claim.reading.spdx for claim in deb_copyright.of_package(TEXT, "copyright")}
    assert found == {"MIT", "GPL-2.0-or-later"}


def test_prose_is_not_understood():
    [claim] = deb_copyright.of_package("This package is free software under the MIT License.", "copyright")
    assert (claim.reading.status, claim.reading.rule) == ("unresolved", deb_copyright.PROSE)
