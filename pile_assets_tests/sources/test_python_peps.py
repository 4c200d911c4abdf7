"""PEPs from a snapshot of their repository: partitions, versions, headers, and the section that decides."""

import hashlib
import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pile_assets.errors import PileError, RegistryError
from pile_assets.sources import python_peps
from pile_assets.sources.formats import tarball
from pile_assets.sources.model import Upstream
from pile_assets_tests.mirror import peps
from pile_assets_tests.mirror.asking import MIB, context, fetch, read, versions
from pile_assets_tests.mirror.server import Mirror

ONE, TWO = peps.commit(1), peps.commit(2)
ARCHIVE = f"/python/peps/tar.gz/{ONE}"
BRANCH = "/repos/python/peps/commits/main"


@pytest.fixture
def mirror():
    with Mirror() as running:
        yield running


@pytest.fixture
def asking(mirror, tmp_path):
    return context(tmp_path / "cache", peps.options(mirror), source="python_peps")


def statuses(mirror: Mirror, path: str) -> list[int]:
    return [entry.status for entry in mirror.asked(path)]


# -- partitions and versions -----------------------------------------------------------------------------------------------


def test_a_partition_is_a_block_of_a_hundred_numbers(mirror, asking):
    numbers = (1, 8, 99, 100, 484, 3107, 8100)
    peps.publish(mirror, ONE, {f"peps/pep-{number:04d}.rst": peps.pep(number) for number in numbers})
    found = python_peps.discover(asking)
    assert {key: upstream.documents for key, upstream in found.partitions.items()} == {
        "pep-0000": 3,
        "pep-0100": 1,
        "pep-0400": 1,
        "pep-3100": 1,
        "pep-8100": 1,
    }
    assert found.complete
    assert all(upstream.url and upstream.bytes for upstream in found.partitions.values())
    assert [file.path for file in fetch(python_peps, asking, "pep-0000")] == ["pep-0001.rst", "pep-0008.rst", "pep-0099.rst"]


def test_only_the_block_that_changed_has_a_new_version(mirror, asking):
    before = {f"peps/pep-{number:04d}.rst": peps.pep(number) for number in (1, 2, 101)}
    peps.publish(mirror, ONE, before)
    peps.publish(mirror, TWO, before | {"peps/pep-0002.rst": peps.pep(2, subject="sorting")}, version="v2")
    first = versions(python_peps.discover(asking))
    mirror.version = "v2"
    second = versions(python_peps.discover(asking))
    assert first["pep-0000"] != second["pep-0000"]
    assert first["pep-0100"] == second["pep-0100"]


def test_a_commit_that_touches_no_pep_changes_nothing(mirror, asking):
    files = {"peps/pep-0001.rst": peps.pep(1)}
    peps.publish(mirror, ONE, files)
    peps.publish(mirror, TWO, {"README.rst": "new", "peps/pep-0001/figure.svg": "<svg/>", **files}, version="v2")
    first = versions(python_peps.discover(asking))
    mirror.version = "v2"
    assert versions(python_peps.discover(asking)) == first


def test_the_version_does_not_depend_on_the_order_or_packing_of_the_archive(mirror, asking, tmp_path):
    files = {f"peps/pep-{number:04d}.rst": peps.pep(number) for number in range(1, 6)}
    peps.publish(mirror, ONE, files)
    peps.publish(mirror, TWO, dict(reversed(files.items())), version="v2")
    first = versions(python_peps.discover(asking))
    mirror.version = "v2"
    assert versions(python_peps.discover(context(tmp_path / "other", asking.options))) == first


def test_a_known_commit_is_one_conditional_request(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0001.rst": peps.pep(1)})
    first, second = (versions(python_peps.discover(asking)) for _ in range(2))
    assert first == second
    assert statuses(mirror, BRANCH) == [200, 304]
    assert statuses(mirror, ARCHIVE) == [200]


def test_fetch_takes_the_discovered_bytes_without_asking_again(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0001.rst": peps.pep(1)})
    found = python_peps.discover(asking)
    asked = len(mirror.log)
    (file,) = python_peps.fetch(asking, "pep-0000", found.partitions["pep-0000"])
    assert file.content.decode() == peps.pep(1)
    assert file.url == f"https://github.com/python/peps/blob/{ONE}/peps/pep-0001.rst"
    assert file.capture["commit"] == ONE
    assert file.capture["status"] == 200
    assert len(mirror.log) == asked


def test_the_cache_may_be_deleted_between_discovery_and_fetch(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0001.rst": peps.pep(1)})
    upstream = python_peps.discover(asking).partitions["pep-0000"]
    shutil.rmtree(asking.cache)
    asking.cache.mkdir()
    assert [file.path for file in python_peps.fetch(asking, "pep-0000", upstream)] == ["pep-0001.rst"]


def test_partitions_fetched_side_by_side_take_one_snapshot(mirror, asking):
    peps.publish(mirror, ONE, {f"peps/pep-{number:04d}.rst": peps.pep(number) for number in range(1, 800, 100)})
    partitions = python_peps.discover(asking).partitions
    shutil.rmtree(asking.cache)
    asking.cache.mkdir()
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda item: list(python_peps.fetch(asking, *item)), partitions.items())
    assert [len(files) for files in found] == [1] * 8
    assert statuses(mirror, ARCHIVE) == [200, 200]


def test_a_version_that_upstream_no_longer_has_is_an_error_with_a_next_step(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0001.rst": peps.pep(1)})
    with pytest.raises(PileError, match="moved on") as found:
        list(python_peps.fetch(asking, "pep-0000", Upstream("0" * 64)))
    assert (found.value.source, found.value.partition) == ("python_peps", "pep-0000")
    assert "discovers first" in found.value.remedy


def test_a_snapshot_damaged_on_disk_is_reported_and_taken_again(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0001.rst": peps.pep(1)})
    upstream = python_peps.discover(asking).partitions["pep-0000"]
    (held,) = asking.cache.glob("snapshot-*/pep-0001.rst")
    held.write_text("planted")
    with pytest.raises(PileError, match="no longer whole"):
        list(python_peps.fetch(asking, "pep-0000", upstream))
    assert len(list(python_peps.fetch(asking, "pep-0000", upstream))) == 1


def test_only_the_newest_snapshot_stays_in_the_cache(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0001.rst": peps.pep(1)})
    peps.publish(mirror, TWO, {"peps/pep-0001.rst": peps.pep(1, subject="sorting")}, version="v2")
    python_peps.discover(asking)
    mirror.version = "v2"
    python_peps.discover(asking)
    assert [path.name for path in asking.cache.glob("snapshot-*")] == [f"snapshot-{TWO}"]
    assert list((asking.cache / "http" / "bodies").glob("*")) != [], "the answer about the branch, for the next condition"


def test_an_answer_without_a_commit_is_refused(mirror, asking):
    for answer in (b"{}", b"[]", b'{"sha": "../../etc"}', b"<html>", b"[" * 100_000):
        mirror.publish(BRANCH, answer)
        with pytest.raises(PileError, match="does not name a commit"):
            python_peps.discover(asking)


def test_bad_options_are_all_listed(tmp_path):
    asking = context(
        tmp_path / "cache", {"branch": "../x", "api_base_url": "ftp://example.org", "typo": 1}, source="python_peps"
    )
    with pytest.raises(RegistryError) as found:
        python_peps.discover(asking)
    assert sorted(problem.partition(":")[0] for problem in found.value.problems) == [
        "options.api_base_url",
        "options.branch",
        "options.typo",
    ]
    assert "python_peps.yaml" in found.value.remedy


# -- documents -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_pep(mirror, asking):
    """Publishes one text as pep-0007 and reads it back."""

    def reading(text: str | bytes, suffix: str = "rst"):
        peps.publish(mirror, ONE, {f"peps/pep-0007.{suffix}": text})
        shutil.rmtree(asking.cache)
        asking.cache.mkdir()
        return read(python_peps, asking, "pep-0000")

    return reading


def test_a_document_has_what_its_header_says(one_pep):
    documents, skipped = one_pep(peps.pep(7, title="Counting\n       without tears"))
    document = documents["pep-0007"]
    assert skipped == []
    assert document.url == "https://peps.python.org/pep-0007/"
    assert document.title == "Counting without tears"
    assert document.author == "First Author; Second Author"
    assert document.created == "2001-07-05"
    assert document.media_type == "text/x-rst"
    assert document.raw_path == "pep-0007.rst"
    assert document.text == peps.pep(7, title="Counting\n       without tears")
    assert document.attribution is None


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("first@example.org (First Author)", "First Author"),
        ("First Author, Jr. <first@example.org>, Second Author", "First Author, Jr.; Second Author"),
        ("First Author <a@example.org>, First Author <b@example.org>", "First Author"),
        ("<first@example.org>", None),
        ("first@example.org", None),
    ],
)
def test_authors_are_names_without_addresses(one_pep, field, names):
    documents, _ = one_pep(peps.pep(7, author=field))
    assert documents["pep-0007"].author == names


@pytest.mark.parametrize(
    ("field", "day"), [("1-Feb-2003", "2003-02-01"), ("31-Feb-2003", None), ("2003", None), ("01-Foo-2003", None)]
)
def test_a_creation_day_is_iso_or_nothing(one_pep, field, day):
    documents, _ = one_pep(peps.pep(7, created=field))
    assert documents["pep-0007"].created == day


def test_line_ends_are_normalised(one_pep):
    documents, _ = one_pep(peps.pep(7).replace("\n", "\r\n"))
    assert documents["pep-0007"].text == peps.pep(7)


@pytest.mark.parametrize(
    ("statement", "licence"),
    [
        (peps.PUBLIC_DOMAIN, "LicenseRef-PublicDomain-Dedication"),
        ("This PEP is placed in the Public Domain", "LicenseRef-PublicDomain-Dedication"),
        (peps.PUBLIC_DOMAIN + "\n\n.. _here: https://example.org\n.. [1] a footnote\n   goes on",
         "LicenseRef-PublicDomain-Dedication"),
        (peps.PUBLIC_DOMAIN_OR_CC0, "LicenseRef-PublicDomain-Dedication OR CC0-1.0"),
        (peps.PUBLIC_DOMAIN_OR_CC0.replace("CC0-1.0-Universal license", "`CC0-1.0-Universal license <cc0_>`__"),
         "LicenseRef-PublicDomain-Dedication OR CC0-1.0"),
        (peps.CC0, "CC0-1.0"),
    ],
)  # fmt: skip
def test_a_dedication_is_accepted_as_public_domain(one_pep, statement, licence):
    documents, _ = one_pep(peps.pep(7, statement))
    verdict = documents["pep-0007"].verdict
    assert (verdict.status, verdict.accepted, verdict.spdx, verdict.family) == ("resolved", True, licence, "public-domain")
    (claim,) = verdict.evidence
    assert claim.where == "pep-0007.rst Copyright"
    assert len(claim.sha256) == 64


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (None, "pep-copyright:no-section"),
        ("", "pep-copyright:empty"),
        (".. only a comment", "pep-copyright:empty"),
        ("This document is the property of its authors.", "pep-copyright:unknown-wording"),
        ("Text copied from a manual used under its license. The rest of this\ndocument has been placed in the public domain.",
         "pep-copyright:unknown-wording"),
        (peps.PUBLIC_DOMAIN + " All rights reserved.", "pep-copyright:unknown-wording"),
        (peps.PUBLIC_DOMAIN + "\n\nPictures\n--------\n\nThe pictures are not.", "pep-copyright:unknown-wording"),
        ("This document has not been placed in the public domain.", "pep-copyright:unknown-wording"),
        (peps.PUBLIC_DOMAIN_OR_CC0.replace("CC0-1.0", "CC-BY-NC-4.0"), "pep-copyright:unknown-wording"),
    ],
)  # fmt: skip
def test_no_section_an_empty_one_or_an_odd_one_is_held(one_pep, statement, rule):
    documents, _ = one_pep(peps.pep(7, statement))
    verdict = documents["pep-0007"].verdict
    assert (verdict.status, verdict.accepted, verdict.spdx, verdict.rule) == ("unresolved", False, None, rule)
    assert verdict.reason


@pytest.mark.parametrize(
    "statement",
    [
        peps.OPEN_PUBLICATION,
        "This material may be distributed only subject to the terms of the Open\nPublication License, v1.0 or later.",
        peps.PUBLIC_DOMAIN + " Or take the Open Publication License.",
    ],
)
def test_the_open_publication_license_is_rejected_by_name(one_pep, statement):
    documents, _ = one_pep(peps.pep(7, statement))
    verdict = documents["pep-0007"].verdict
    assert (verdict.status, verdict.accepted) == ("resolved", False)
    assert verdict.rule == "pep-copyright:open-publication"
    assert verdict.reason


def test_two_copyright_sections_must_both_allow_it(one_pep):
    twice = peps.pep(7) + "\nCopyright\n=========\n\n" + peps.OPEN_PUBLICATION + "\n"
    documents, _ = one_pep(twice)
    assert not documents["pep-0007"].verdict.accepted


@pytest.mark.parametrize(
    "heading",
    [
        "=========\nCopyright\n=========\n",
        "===========\n Copyright\n===========\n",
        "COPYRIGHT\n---------\n",
    ],
)
def test_every_way_to_write_the_title_is_understood(one_pep, heading):
    documents, _ = one_pep(peps.pep(7, None) + heading + "\n" + peps.PUBLIC_DOMAIN + "\n")
    assert documents["pep-0007"].verdict.accepted


def test_words_that_only_look_like_the_section_decide_nothing(one_pep):
    quoted = peps.pep(7, None) + "An example follows::\n\n    Copyright\n    =========\n\n    " + peps.PUBLIC_DOMAIN + "\n"
    documents, _ = one_pep(quoted)
    assert documents["pep-0007"].verdict.rule == "pep-copyright:no-section"


def test_a_plain_text_pep_is_read_too(one_pep):
    header, _, rest = peps.pep(7, None).partition("\n\n")
    body = "\n".join(f"    {line}" for line in rest.splitlines() if set(line) != {"="})
    documents, _ = one_pep(f"{header}\n\nAbstract\n\n{body}\n\nCopyright\n\n    {peps.PUBLIC_DOMAIN}\n", suffix="txt")
    document = documents["pep-0007"]
    assert document.media_type == "text/plain"
    assert document.verdict.accepted


def test_a_pep_kept_in_two_formats_counts_once(mirror, asking):
    peps.publish(mirror, ONE, {"peps/pep-0007.rst": peps.pep(7), "peps/pep-0007.txt": peps.pep(7)})
    documents, skipped = read(python_peps, asking, "pep-0000")
    assert [document.raw_path for document in documents.values()] == ["pep-0007.rst"]
    assert [(item.raw_path, item.reason, item.problem) for item in skipped] == [("pep-0007.txt", "second-copy", True)]


# -- the real repository ---------------------------------------------------------------------------------------------------


REAL = ("2025-08-20", "2026-08-22")


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    """Discovery and documents of both real snapshots, served by the mirror as two commits."""
    found = {}
    asking = None
    with Mirror() as mirror:
        for number, (day, version) in enumerate(zip(REAL, ("v1", "v2"), strict=True), start=1):
            archive: Path = real_data / "python-peps" / day / f"peps-{day}.tar.gz"
            commit = peps.commit(number)
            mirror.publish(BRANCH, json.dumps({"sha": commit}).encode(), version=version)
            mirror.publish(f"/python/peps/tar.gz/{commit}", archive, version=version)
            mirror.version = version
            asking = asking or context(tmp_path_factory.mktemp("cache"), peps.options(mirror), source="python_peps")
            found[day] = (python_peps.discover(asking), *read(python_peps, asking))
    return found


def test_every_real_pep_is_a_document(real):
    for day, count in zip(REAL, (696, 736), strict=True):
        discovery, documents, problems = real[day]
        assert len(documents) == count
        assert problems == []
        assert sum(upstream.documents for upstream in discovery.partitions.values()) == count
        assert all(document.title and document.author and document.created for document in documents.values())


def test_the_copyright_sections_of_the_real_peps_are_judged_one_by_one(real):
    """A search for "Copyright" over a line of "=" counts 461 public domain, 238 public domain or CC0, 30 without the
    section, 5 under the Open Publication License and 2 odd ones. Three of the 30 have the section under another
    adornment (PEPs 258 and 517: public domain, PEP 649: public domain or CC0), 4 of the 238 offer CC0 only, and one
    of the 461 dedicates "the rest" beside text copied from elsewhere (PEP 8016), which is held."""
    _, documents, _ = real["2026-08-22"]
    rules = Counter(document.verdict.rule.removeprefix("pep-copyright:") for document in documents.values())
    assert rules == {
        "public-domain": 461 + 2 - 1,
        "public-domain-or-cc0": 238 + 1 - 4,
        "cc0": 4,
        "no-section": 30 - 3,
        "open-publication": 5,
        "empty": 1,
        "unknown-wording": 1 + 1,
    }
    not_accepted = {name for name, document in documents.items() if not document.verdict.accepted}
    assert {"pep-0003", "pep-0227", "pep-0401", "pep-0551", "pep-8016"} <= not_accepted
    assert len(documents) - len(not_accepted) == 462 + 235 + 4
    assert {document.verdict.family for document in documents.values() if document.verdict.accepted} == {"public-domain"}


def test_the_year_between_the_real_snapshots_moves_only_what_changed(real):
    (before, old, _), (after, new, _) = (real[day] for day in REAL)
    added = new.keys() - old.keys()
    changed = {name for name in old if old[name].raw_sha256 != new[name].raw_sha256}
    assert (len(added), len(changed), len(old.keys() - new.keys())) == (40, 85, 0)
    moved = {key for key, version in versions(after).items() if versions(before).get(key) != version}
    assert moved == {f"{name[:6]}00" for name in added | changed}
    assert moved < set(after.partitions), "some blocks stand still for a year"


def test_the_real_archives_differ_as_measured_outside_this_project(real_data):
    def members(day: str) -> dict[str, str]:
        archive = real_data / "python-peps" / day / f"peps-{day}.tar.gz"
        found = tarball.members(archive, tarball.Bounds(total=200 * MIB))
        return {member.name.partition("/")[2]: hashlib.sha256(b"".join(member.chunks())).hexdigest() for member in found}

    old, new = (members(day) for day in REAL)
    same = sum(old[name] == new[name] for name in old.keys() & new.keys())
    assert (len(new.keys() - old.keys()), len(old.keys() & new.keys()) - same, same) == (54, 91, 665)


def test_no_mail_address_gets_into_the_author_column(real):
    for _, documents, _ in real.values():
        assert not [document.author for document in documents.values() if "@" in (document.author or "")]
