"""Where claims come from: package metadata, licence files, `Files:` stanzas, bundled code."""

import pytest

from pile_assets.licensing import claims
from pile_assets.licensing.model import VENDORED
from pile_assets_tests.licensing import samples

BUNDLING = (
    samples.COPYRIGHT
    + samples.BSD_3
    + """
----

This binary distribution also bundles the following software:

Name: a runtime library
Files: pkg.libs/libruntime*.so
Description: dynamically linked
License: GPL-3.0-or-later WITH GCC-exception-3.1
"""
    + samples.GPL_3_START
    + """
Name: a parser
Files: pkg/parser/*.c pkg/parser/tables.h
License: MIT
"""
    + samples.MIT
)


@pytest.mark.parametrize("folder", ["", "a/b/"])
@pytest.mark.parametrize(
    "stem", ["LICENSE", "LICENCE.txt", "LICENSE-MIT", "LICENSE.APACHE", "MIT-LICENSE.txt", "apache-2.0.LICENSE"]
)
def test_licence_files_are_known_by_name_whatever_the_licence(folder, stem):
    assert claims.is_licence_file(folder + stem)


@pytest.mark.parametrize(
    "path", ["NOTICE", "a/COPYING", "COPYING.LESSER", "UNLICENSE", "licenses.txt", "ThirdPartyNotices.txt"]
)
def test_licence_files_are_known_by_name(path):
    assert claims.is_licence_file(path)


@pytest.mark.parametrize(
    "path",
    ["license.py", "licenses/_spdx.py", "create-license-configuration.rst", "copying_files.py", "licensing.rst", "README.md"],
)
def test_code_and_documents_about_licences_are_no_licence_files(path):
    assert not claims.is_licence_file(path)


def test_every_field_of_metadata_is_a_claim_of_its_own():
    found = claims.from_core_metadata("MIT", "MIT License", ["License :: OSI Approved :: MIT License", "Topic :: X"], "M", "")
    assert [(claim.where, claim.reading.spdx) for claim in found] == [
        ("M License-Expression", "MIT"),
        ("M License", "MIT"),
        ("M Classifier", "MIT"),
    ]
    assert claims.stated_identifiers(found) == {"MIT"}


def test_fields_that_say_nothing_make_no_claim():
    assert claims.from_core_metadata(None, "UNKNOWN", ["License :: OSI Approved"], "M", "") == ()


def test_stanzas_bind_a_licence_to_paths_and_leave_the_rest_alone():
    found = claims.from_licence_file("LICENSE.txt", BUNDLING, "", "", {"BSD-3-Clause"})
    by_kind = [(claim.kind, claim.scope, claim.reading.spdx) for claim in found]
    assert by_kind == [
        ("whole", "", "BSD-3-Clause"),
        ("binary", "pkg.libs/", "GPL-3.0-or-later WITH GCC-exception-3.1"),
        ("tree", "pkg/parser/", "MIT"),
        ("tree", "pkg/parser/tables.h", "MIT"),
    ]


def test_copyleft_without_a_stanza_competes():
    unbound = BUNDLING.replace("Files: pkg.libs/libruntime*.so\n", "")
    [whole, *_] = claims.from_licence_file("LICENSE.txt", unbound, "", "", {"BSD-3-Clause"})
    assert (whole.kind, whole.reading.status) == ("whole", "conflict")


def test_further_permissive_texts_beside_an_exact_statement_are_notices():
    found = claims.from_licence_file("LICENSE", samples.APACHE_2 + "\nFor the parser:\n" + samples.MIT, "", "", {"Apache-2.0"})
    assert [(claim.kind, claim.reading.spdx) for claim in found] == [("whole", "Apache-2.0"), ("notice", "Apache-2.0 AND MIT")]


def test_without_an_exact_statement_all_texts_bind():
    [claim] = claims.from_licence_file("LICENSE", samples.APACHE_2 + samples.MIT, "", "")
    assert (claim.kind, claim.reading.spdx) == ("whole", "Apache-2.0 AND MIT")


def test_a_licence_file_in_a_folder_speaks_for_the_folder():
    [claim] = claims.from_licence_file("pkg/sub/LICENSE", samples.MIT, "pkg/sub/", "", {"Apache-2.0"})
    assert (claim.kind, claim.scope, claim.reading.spdx) == ("tree", "pkg/sub/", "MIT")
    [odd] = claims.from_licence_file("pkg/sub/LICENSE", "Use it kindly.", "pkg/sub/", "")
    assert (odd.kind, odd.reading.status) == ("tree", "unresolved")


@pytest.mark.parametrize("name", ["NOTICE", "LICENSE.third-party", "LICENSES_bundled.txt", "AUTHORS"])
def test_notices_never_decide(name):
    [claim] = claims.from_licence_file(name, samples.GPL_3_START, "", "")
    assert claim.kind == "notice"


def test_bundled_code_is_blocked_and_the_bundles_own_marker_file_is_not():
    found = claims.bundled(
        [
            "pip/_vendor/__init__.py",
            "pip/_vendor/rich/__init__.py",
            "pip/_vendor/rich/a/b.py",
            "pip/_vendor/six.py",
            "pip/core.py",
        ],
        (),
    )
    assert [(claim.scope, claim.reading.rule) for claim in found] == [
        ("pip/_vendor/rich/", VENDORED),
        ("pip/_vendor/six.py", VENDORED),
    ]


def test_bundled_code_with_its_own_licence_file_is_not_blocked():
    paths = ["a/externals/x/__init__.py", "a/externals/y/__init__.py"]
    assert [claim.scope for claim in claims.bundled(paths, {"a/externals/x/"})] == ["a/externals/y/"]


def test_a_licence_file_of_the_outer_package_does_not_free_what_it_bundles():
    assert [claim.scope for claim in claims.bundled(["a/externals/y/__init__.py"], {"a/"})] == ["a/externals/y/"]


def test_packages_known_to_be_copied_are_blocked_wherever_they_lie():
    assert [claim.scope for claim in claims.bundled(["scipy/_lib/array_api_compat/__init__.py"], ())] == [
        "scipy/_lib/array_api_compat/"
    ]
    assert claims.bundled(["array_api_compat/__init__.py"], ()) == ()


@pytest.mark.parametrize(
    ("relative", "scope"),
    [
        ("LICENSE", ""),
        ("pkg/sub/LICENSE", "pkg/sub/"),
        ("src/pkg/sub/LICENSE", "pkg/sub/"),
        ("vendor/x/LICENSE", None),
        ("src/LICENSE", None),
    ],
)
def test_licence_files_of_a_source_tree_speak_for_what_of_it_was_installed(relative, scope):
    assert claims.scope_of_licence_file(relative, {"pkg/", "pkg/sub/"}) == scope
