"""Installed distributions as a source: what is read, what identifies it, what a document of it looks like."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pile_assets.errors import PileError, Quarantine, RegistryError
from pile_assets.sources import python_distributions as source
from pile_assets.sources.formats import dist_info
from pile_assets.sources.model import Document, Skipped, SourceContext
from pile_assets_tests.licensing import samples
from pile_assets_tests.sources.environments import MIT_LINE, Environment

MIT_FIELDS = [("License-Expression", "MIT"), ("Author", "Ada Example"), ("Author-email", "Bo <bo@example.org>")]
MIT_FILE = {"LICENSE": MIT_LINE + samples.MIT}
CODE = "def f():\n    return 1\n"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "site")


def skipped(items) -> dict[str, str]:
    return {item.raw_path: item.reason for item in items if isinstance(item, Skipped)}


def version(environment: Environment, name: str, cache: Path) -> str:
    return source.discover(environment.context(cache)).partitions[name].version


def test_one_partition_per_distribution_by_its_normalised_name(environment, tmp_path):
    environment.install("Some.Package_x", {"some/a.py": CODE}, MIT_FIELDS)
    environment.install("other", {"other.py": CODE}, MIT_FIELDS)
    found = source.discover(environment.context(tmp_path))
    assert sorted(found.partitions) == ["other", "some-package-x"]
    assert (found.complete, found.notes) == (True, ())


def test_one_changed_byte_is_found_when_size_and_time_stay(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS)
    before = version(environment, "demo", tmp_path)
    path = environment.site / "demo/a.py"
    times = path.stat()
    path.write_text(CODE.replace("1", "2"), encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == times.st_size
    assert version(environment, "demo", tmp_path) != before


def test_what_only_an_installer_writes_does_not_change_the_version(tmp_path):
    versions = set()
    for installer in ("pip", "uv"):
        environment = Environment(tmp_path / installer)
        environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS, installer=installer, recorded=[f"../../bin/{installer}"])
        (environment.site / "demo/__pycache__").mkdir()
        (environment.site / "demo/__pycache__/a.pyc").write_bytes(installer.encode())
        versions.add(version(environment, "demo", tmp_path))
    assert len(versions) == 1


def test_a_licence_file_is_part_of_the_version_and_a_library_is_not(environment, tmp_path):
    files = {"demo/a.py": CODE, "demo/native.so": b"\x7fELF", "demo/data.json": "{}"}
    environment.install("demo", files, MIT_FIELDS, MIT_FILE)
    before = version(environment, "demo", tmp_path)
    (environment.site / "demo/native.so").write_bytes(b"\x7fELG")
    (environment.site / "demo/data.json").write_text("[]", encoding="utf-8")
    assert version(environment, "demo", tmp_path) == before
    (environment.site / "demo-1.0.dist-info/licenses/LICENSE").write_text("changed", encoding="utf-8")
    assert version(environment, "demo", tmp_path) != before


def test_recorded_paths_that_leave_the_folder_are_never_opened(environment, tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    odd = ["../secret.txt", "demo/../../secret.txt", f"{tmp_path}/secret.txt", "demo\\..\\secret.txt", "C:/secret.txt"]
    environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS, recorded=odd)
    assert [file.path for file in environment.raw("demo", tmp_path)] == ["demo/a.py", "demo-1.0.dist-info/METADATA"][::-1]


def test_files_come_sorted_and_every_one_is_a_document_or_has_a_reason(environment, tmp_path):
    files = {
        "demo/z.py": CODE,
        "demo/a.pyi": CODE,
        "demo/empty.py": " \n",
        "demo/notes.rst": "Notes\n",
        "demo/bad.py": b"x = '\xff'\n",
    }
    environment.install("demo", files, MIT_FIELDS, MIT_FILE, description="# Demo\n")
    raw = environment.raw("demo", tmp_path)
    items = environment.read("demo", tmp_path)
    assert [file.path for file in raw] == sorted(file.path for file in raw)
    assert [item.raw_path for item in items] == [file.path for file in raw]
    assert skipped(items) == {
        "demo-1.0.dist-info/licenses/LICENSE": "licence-file",
        "demo/bad.py": "not-utf8",
        "demo/empty.py": "empty",
    }


def test_a_document_says_where_it_is_from_and_whom_to_credit(environment, tmp_path):
    environment.install("Demo", {"demo/a b.py": CODE}, MIT_FIELDS, MIT_FILE, version="2.1")
    document = environment.documents("demo", tmp_path)["demo/a b.py"]
    assert document.native_id == "demo/demo/a b.py"
    assert document.url == "pkg:pypi/demo@2.1#demo/a%20b.py"
    assert (document.media_type, document.title) == ("text/x-python", "demo/a b.py")
    assert document.author == "Ada Example; Bo"
    assert document.attribution == "Demo, Ada Example, Bo; Copyright (c) 2020 Ada Example"
    assert "@example.org" not in document.attribution
    assert (document.verdict.spdx, document.verdict.family) == ("MIT", "permissive")


def test_a_files_own_copyright_line_is_the_one_to_show(environment, tmp_path):
    environment.install("demo", {"demo/a.py": "# Copyright 2011 Cy\n" + CODE}, MIT_FIELDS, MIT_FILE)
    assert environment.documents("demo", tmp_path)["demo/a.py"].attribution == "demo, Ada Example, Bo; Copyright 2011 Cy"


def test_licences_that_ask_for_no_credit_give_no_line(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, [("License-Expression", "CC0-1.0")])
    document = environment.documents("demo", tmp_path)["demo/a.py"]
    assert (document.verdict.family, document.attribution) == ("public-domain", None)


def test_ids_are_stable_over_an_upgrade(tmp_path):
    ids = []
    for release in ("1.0", "2.0"):
        environment = Environment(tmp_path / release)
        environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS, MIT_FILE, version=release, description="Demo.\n")
        ids.append(sorted(document.native_id for document in environment.documents("demo", tmp_path).values()))
    assert ids[0] == ids[1] == ["demo/METADATA", "demo/demo/a.py"]


@pytest.mark.parametrize(
    ("declared", "media_type"),
    [
        ("text/markdown; charset=UTF-8; variant=GFM", "text/markdown"),
        ("text/plain", "text/plain"),
        (None, "text/x-rst"),
        ("x/y", "text/plain"),
    ],
)
def test_the_description_is_a_document_of_its_declared_type(environment, tmp_path, declared, media_type):
    fields = MIT_FIELDS + ([("Description-Content-Type", declared)] if declared else [])
    environment.install("demo", {}, fields, MIT_FILE, description="# Demo\n\nDoes things.\n")
    document = environment.documents("demo", tmp_path)["METADATA"]
    assert (document.text, document.media_type, document.title) == ("# Demo\n\nDoes things.\n", media_type, "demo")
    assert document.verdict.spdx == "MIT"


def test_no_description_is_counted(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS, MIT_FILE)
    assert skipped(environment.read("demo", tmp_path))["demo-1.0.dist-info/METADATA"] == "no-description"


def test_python_source_declares_its_encoding(environment, tmp_path):
    environment.install(
        "demo", {"demo/a.py": "# -*- coding: latin-1 -*-\nNAME = 'é'\n".encode("latin-1")}, MIT_FIELDS, MIT_FILE
    )
    assert "é" in environment.documents("demo", tmp_path)["demo/a.py"].text


def test_a_file_above_the_cap_is_counted_and_the_rest_goes_on(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE, "demo/big.py": "x = 1\n" * 100}, MIT_FIELDS, MIT_FILE)
    small = SourceContext("s", {"site_packages": [str(environment.site)]}, tmp_path, 100, 1 << 20)
    items = list(source.documents(small, "demo", environment.raw("demo", tmp_path)))
    assert skipped(items)["demo/big.py"] == "too-large"
    assert [item.raw_path for item in items if isinstance(item, Document)] == ["demo/a.py"]


@pytest.mark.parametrize(
    ("name", "fields", "direct_url", "cause"),
    [
        ("pile-assets", MIT_FIELDS, False, source.OWN_CODE),
        ("secret", [*MIT_FIELDS, ("Classifier", "Private :: Do Not Upload")], False, source.PRIVATE),
        ("local", MIT_FIELDS, True, source.DIRECT),
    ],
)
def test_own_private_and_local_code_is_counted_with_a_reason_and_never_admitted(
    environment, tmp_path, name, fields, direct_url, cause
):
    files = {"pkg/a.py": CODE, "pkg/b.py": "# SPDX-License-Identifier: MIT\n" + CODE}
    environment.install(name, files, fields, MIT_FILE, direct_url=direct_url, description="Private words.\n")
    documents = environment.documents(name, tmp_path)
    assert set(documents) == {"pkg/a.py", "pkg/b.py", "METADATA"}
    for document in documents.values():
        assert (document.verdict.accepted, document.verdict.family, document.attribution) == (False, None, None)
        assert (document.verdict.reason or "").startswith(cause)


def test_the_same_distribution_from_an_index_would_have_been_admitted(environment, tmp_path):
    environment.install("local", {"pkg/a.py": CODE}, MIT_FIELDS, MIT_FILE)
    assert environment.documents("local", tmp_path)["pkg/a.py"].verdict.accepted


@pytest.mark.parametrize(
    "fields", [[("License-Expression", "LicenseRef-Proprietary")], [("Classifier", "License :: Other/Proprietary License")]]
)
def test_a_proprietary_distribution_is_rejected(environment, tmp_path, fields):
    environment.install("demo", {"pkg/a.py": CODE}, fields, {"LICENSE": "All rights reserved."})
    verdict = environment.documents("demo", tmp_path)["pkg/a.py"].verdict
    assert not verdict.accepted
    assert verdict.reason


def test_a_distribution_without_any_statement_is_held(environment, tmp_path):
    environment.install("demo", {"pkg/a.py": CODE})
    verdict = environment.documents("demo", tmp_path)["pkg/a.py"].verdict
    assert (verdict.status, verdict.reason) == ("unresolved", "No licence statement covers this file.")


def test_excluded_names_are_left_out_in_any_spelling(environment, tmp_path):
    environment.install("Some.Package", {"a.py": CODE}, MIT_FIELDS)
    assert not source.discover(environment.context(tmp_path, exclude=["some_package"])).partitions


def test_of_two_folders_the_first_counts(tmp_path):
    folders = [Environment(tmp_path / name) for name in ("first", "second")]
    for environment, release in zip(folders, ("1.0", "2.0"), strict=True):
        environment.install("demo", {"a.py": CODE}, MIT_FIELDS, version=release)
    both = folders[0].context(tmp_path, site_packages=[str(environment.site) for environment in folders])
    found = source.discover(both)
    assert found.partitions["demo"].url == "pkg:pypi/demo@1.0"
    assert len(found.notes) == 1


def test_a_distribution_without_a_record_is_noted_and_one_that_cannot_be_read_withdraws_nothing(environment, tmp_path):
    environment.install("good", {"good.py": CODE}, MIT_FIELDS)
    (environment.install("system", {}, MIT_FIELDS) / "RECORD").unlink()
    found = source.discover(environment.context(tmp_path))
    assert (sorted(found.partitions), found.complete, len(found.notes)) == (["good"], True, 1)
    (environment.install("broken", {}, MIT_FIELDS) / "RECORD").write_bytes(b"\xff\xfe")
    found = source.discover(environment.context(tmp_path))
    assert (sorted(found.partitions), found.complete, len(found.notes)) == (["good"], False, 2)


def test_a_missing_folder_withdraws_nothing(tmp_path):
    with pytest.raises(PileError, match="There is no folder"):
        source.discover(Environment(tmp_path / "site").context(tmp_path, site_packages=[str(tmp_path / "absent")]))


def test_an_option_nobody_reads_is_refused(environment, tmp_path):
    with pytest.raises(RegistryError, match="exlude"):
        source.discover(environment.context(tmp_path, exlude=["demo"]))


def test_a_file_that_changes_after_discovery_quarantines_the_partition(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS)
    context = environment.context(tmp_path)
    upstream = source.discover(context).partitions["demo"]
    (environment.site / "demo/a.py").write_text("changed = 1\n", encoding="utf-8")
    with pytest.raises(Quarantine, match="changed between discovery and reading"):
        list(source.fetch(context, "demo", upstream))


def test_an_uninstalled_or_too_large_distribution_quarantines(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS)
    context = environment.context(tmp_path)
    upstream = source.discover(context).partitions["demo"]
    with pytest.raises(Quarantine, match="no longer installed"):
        list(source.fetch(context, "gone", upstream))
    with pytest.raises(Quarantine, match="the cap is 10"):
        list(source.fetch(SourceContext("s", context.options, tmp_path, 1, 10), "demo", upstream))


def test_unreadable_metadata_quarantines(environment, tmp_path):
    folder = environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS)
    (folder / "METADATA").write_bytes(b"Name: d\xff\n")
    with pytest.raises(Quarantine, match="METADATA is not UTF-8"):
        environment.read("demo", tmp_path)


def test_no_package_registry_is_named_in_what_is_stored(environment, tmp_path):
    environment.install("demo", {"demo/a.py": CODE}, MIT_FIELDS, MIT_FILE)
    urls = {file.url for file in environment.raw("demo", tmp_path)}
    assert all(url.startswith("pkg:pypi/demo@1.0#") for url in urls)


# -- cut out -------------------------------------------------------------------------------------------------------


def test_a_description_is_cut_out_of_metadata_and_every_other_document_stays_what_it_is(environment, tmp_path):
    environment.install("thing", {"thing.py": CODE}, MIT_FIELDS, MIT_FILE, description="# Thing\n\nIt does things.")
    before = environment.documents("thing", tmp_path)
    raw = environment.raw("thing", tmp_path)
    (metadata,) = (file for file in raw if file.path.endswith("METADATA"))
    cut = replace(metadata, content=source.redact(metadata, {"thing/METADATA"}))
    left = [cut if file is metadata else file for file in raw]
    assert not any(b"It does things" in file.content for file in left)
    found = list(source.documents(environment.context(tmp_path), "thing", left))
    (code,) = [item for item in found if isinstance(item, Document)]
    assert code.verdict.spdx == before["thing.py"].verdict.spdx == "MIT"
    assert code.attribution == before["thing.py"].attribution
    assert "no-description" in skipped(found).values()


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"Name: x\nDescription: one\n        two\n\tthree\nLicense: MIT\n", b"Name: x\nLicense: MIT\n"),
        (b"Name: x\r\nVersion: 1\r\n\r\nThe body\r\n", b"Name: x\nVersion: 1\n"),
        (b"Name: x\nDescription-Content-Type: text/plain\n\nBody", b"Name: x\nDescription-Content-Type: text/plain\n"),
        (b"Name: x\n", b"Name: x\n"),
    ],
)
def test_a_description_in_a_field_or_in_the_body_is_cut_out(content, left):
    assert dist_info.without_description(content) == left
