"""The standard library as a source: its files, its licence, what is left out and why."""

import platform
import sys
import sysconfig
from pathlib import Path

import pytest

from pile_assets.errors import Quarantine
from pile_assets.sources import python_standard_library as source
from pile_assets.sources.model import Document, Skipped, SourceContext
from pile_assets_tests.licensing import samples
from pile_assets_tests.sources.environments import library

KEY = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"
LICENCE = "Copyright (c) 2001-2023 Python Software Foundation; All Rights Reserved\n\n" + samples.PSF_2


def context(stdlib: Path, cap: int = 1 << 27) -> SourceContext:
    return SourceContext("python_standard_library", {"stdlib": str(stdlib)}, stdlib.parent, 1 << 20, cap)


def read(stdlib: Path) -> list[Document | Skipped]:
    chosen = context(stdlib)
    upstream = source.discover(chosen).partitions[KEY]
    return list(source.documents(chosen, KEY, source.fetch(chosen, KEY, upstream)))


def documents(stdlib: Path) -> dict[str, Document]:
    return {item.raw_path: item for item in read(stdlib) if isinstance(item, Document)}


def test_one_partition_for_the_running_series_whose_version_names_the_patch_release(tmp_path):
    stdlib = library(tmp_path / "lib", {"LICENSE.txt": LICENCE})
    found = source.discover(context(stdlib))
    assert list(found.partitions) == [KEY]
    assert found.partitions[KEY].version.startswith(f"{platform.python_version()}:")
    assert found.partitions[KEY].documents == 31


def test_one_changed_byte_changes_the_version(tmp_path):
    stdlib = library(tmp_path / "lib", {"LICENSE.txt": LICENCE})
    before = source.discover(context(stdlib)).partitions[KEY].version
    (stdlib / "module_3.py").write_text("VALUE = 4\n", encoding="utf-8")
    assert source.discover(context(stdlib)).partitions[KEY].version != before


def test_what_is_installed_into_the_library_is_not_part_of_it(tmp_path):
    files = {"site-packages/other.py": "x = 1\n", "dist-packages/other.py": "x = 1\n", "__pycache__/a.py": "x = 1\n"}
    stdlib = library(tmp_path / "lib", {"LICENSE.txt": LICENCE, **files})
    assert not [path for path in documents(stdlib) if "other" in path or "__pycache__" in path]


def test_tests_the_licence_and_empty_files_are_counted_with_a_reason(tmp_path):
    files = {
        "LICENSE.txt": LICENCE,
        "test/test_a.py": "x = 1\n",
        "json/tests/b.py": "x = 1\n",
        "json/__init__.py": "",
        "x.rst": "Hi\n",
    }
    stdlib = library(tmp_path / "lib", files)
    reasons = {item.raw_path: item.reason for item in read(stdlib) if isinstance(item, Skipped)}
    assert reasons == {
        "LICENSE.txt": "licence-file",
        "json/__init__.py": "empty",
        "json/tests/b.py": "test-folder",
        "test/test_a.py": "test-folder",
    }
    assert "x.rst" in documents(stdlib)


def test_the_librarys_licence_file_decides_unless_a_files_head_does(tmp_path):
    files = {
        "LICENSE.txt": LICENCE,
        "toml.py": "# SPDX-License-Identifier: MIT\nx = 1\n",
        "tests_of.py": "# Released to the public domain, by Ada Example, 2001.\nx = 1\n",
        "opt.py": f'"""Options."""\n\n__copyright__ = """\n{samples.COPYRIGHT}{samples.BSD_3}"""\n',
        "odd.py": samples.commented(samples.MIT[:600]) + "x = 1\n",
    }
    found = documents(library(tmp_path / "lib", files))
    assert {path: found[path].verdict.spdx for path in (*files, "module_1.py") if path in found} == {
        "toml.py": "MIT",
        "tests_of.py": "LicenseRef-PublicDomain-Dedication",
        "opt.py": "BSD-3-Clause",
        "odd.py": None,
        "module_1.py": "PSF-2.0",
    }


def test_licences_listed_for_bundled_binaries_do_not_hold_the_library(tmp_path):
    text = LICENCE + "\nAdditional conditions for this binary build\n\n" + samples.ZLIB + samples.GPL_3_START
    found = documents(library(tmp_path / "lib", {"LICENSE.txt": text}))
    assert found["module_1.py"].verdict.spdx == "PSF-2.0"


def test_a_document_says_where_it_is_from_and_whom_to_credit(tmp_path):
    document = documents(library(tmp_path / "lib", {"LICENSE.txt": LICENCE}))["module_1.py"]
    assert document.native_id == f"{KEY}/module_1.py"
    assert document.url == f"pkg:generic/{sys.implementation.name}@{platform.python_version()}#module_1.py"
    assert document.attribution == (
        "Python Software Foundation; Copyright (c) 2001-2023 Python Software Foundation; All Rights Reserved"
    )


def test_without_a_licence_file_everything_is_held(tmp_path):
    document = documents(library(tmp_path / "lib", {}))["module_1.py"]
    assert (document.verdict.accepted, document.verdict.reason) == (False, "No licence statement covers this file.")


def test_the_licence_file_may_lie_beside_the_library(tmp_path):
    stdlib = library(tmp_path / "prefix" / "Lib", {})
    (stdlib.parent / "LICENSE.txt").write_text(LICENCE, encoding="utf-8")
    assert documents(stdlib)["module_1.py"].verdict.accepted


@pytest.mark.parametrize("modules", [0, 5])
def test_a_stripped_library_is_no_partition_and_says_so(tmp_path, modules):
    found = source.discover(context(library(tmp_path / "lib", {}, modules)))
    assert not found.partitions
    assert "not installed as source files" in found.notes[0]
    assert not source.discover(context(tmp_path / "absent")).partitions


def test_a_change_after_discovery_or_another_series_quarantines(tmp_path):
    stdlib = library(tmp_path / "lib", {"LICENSE.txt": LICENCE})
    upstream = source.discover(context(stdlib)).partitions[KEY]
    with pytest.raises(Quarantine, match="the cap is 10"):
        list(source.fetch(context(stdlib, cap=10), KEY, upstream))
    with pytest.raises(Quarantine, match="interpreter that runs now"):
        list(source.fetch(context(stdlib), "cpython-2.7", upstream))
    (stdlib / "module_1.py").write_text("VALUE = 9\n", encoding="utf-8")
    with pytest.raises(Quarantine, match="changed between discovery and reading"):
        list(source.fetch(context(stdlib), KEY, upstream))


def test_the_running_library_is_read_and_mostly_admitted():
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    if not (stdlib / "LICENSE.txt").is_file() or len(list(stdlib.glob("*.py"))) < 100:
        pytest.skip("this Python was installed without its library's sources or licence")
    found = documents(stdlib)
    admitted = sum(document.verdict.accepted for document in found.values())
    assert admitted / len(found) > 0.95
    assert all(document.attribution for document in found.values() if document.verdict.spdx == "Python-2.0.1")
