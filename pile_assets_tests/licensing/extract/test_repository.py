"""Licences of files in a repository: nearest first, code and content apart, other people's code by its own word."""

import pytest

from pile_assets.licensing import texts, verdict
from pile_assets.licensing.extract.repository import Tree
from pile_assets.licensing.model import Verdict
from pile_assets_tests.licensing import codes, samples

MIT = (samples.COPYRIGHT + "\n" + samples.MIT).encode()
GPL_FILE = samples.commented(samples.GPL_HEADER).encode() + b"x = 1\n"
GPL = samples.GPL_3_START.encode()


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch):
    codes.plant(monkeypatch, **{"CC-BY-4.0": codes.ATTRIBUTION, "CC-BY-NC-SA-4.0": codes.NONCOMMERCIAL})
    yield
    texts.find.cache_clear()


def judged(path: str, **files: bytes) -> Verdict:
    tree = {name.replace("__", "/").replace("_dot_", "."): content for name, content in files.items()}
    return verdict.decide(path, Tree({path: b"x = 1\n", **tree}).of(path))


def test_the_licence_at_the_root_speaks_for_the_code():
    given = judged("src/a.py", LICENSE=MIT)
    assert (given.accepted, given.spdx) == (True, "MIT")


@pytest.mark.parametrize("path", ["vendor/bread/a.py", "src/bread/a.py", "a.py"])
def test_a_gpl_file_vendored_under_an_mit_root_is_refused_wherever_it_lies(path):
    tree = Tree({"LICENSE": MIT, path: GPL_FILE})
    given = verdict.decide(path, tree.of(path))
    assert (given.status, given.accepted) == ("resolved", False)
    without_header = Tree({"LICENSE": MIT, "a.py": b"x = 1\n"})  # what the root alone says of it
    assert verdict.decide("a.py", without_header.of("a.py")).accepted


@pytest.mark.parametrize("name", ["COPYING", "LICENSE", "LICENSE.txt"])
def test_a_gpl_folder_vendored_under_an_mit_root_is_refused(name):
    tree = {"LICENSE": MIT, f"lib/bread/{name}": GPL, "lib/bread/a.py": b"x = 1\n", "b.py": b""}
    assert verdict.decide("lib/bread/a.py", Tree(tree).of("lib/bread/a.py")).status == "resolved"
    assert not verdict.decide("lib/bread/a.py", Tree(tree).of("lib/bread/a.py")).accepted
    assert verdict.decide("b.py", Tree(tree).of("b.py")).accepted


def test_vendored_code_without_a_word_of_its_own_is_held():
    given = judged("third_party/bread/a.py", LICENSE=MIT)
    assert verdict.cause(given.reason or "") == verdict.VENDORED_CODE


def test_a_licence_of_software_is_none_of_the_content_a_repository_carries():
    given = judged("data/lines.jsonl", LICENSE=MIT)
    assert verdict.cause(given.reason or "") == verdict.CODE_ONLY
    assert judged("data/lines.jsonl", LICENSE=codes.ATTRIBUTION.encode()).spdx == "CC-BY-4.0"
    assert judged("package.json", LICENSE=MIT).accepted


@pytest.mark.parametrize("name", ["DATA_LICENSE", "LICENSE-DATA", "data-license_dot_txt", "LICENSE_CONTENT"])
def test_a_licence_of_the_data_speaks_for_content_and_prose_and_not_for_code(name):
    files = {"LICENSE": samples.APACHE_2.encode(), name: codes.NONCOMMERCIAL.encode()}
    for path in ("lines.json", "README.md"):
        given = judged(path, **files)
        assert (given.accepted, given.spdx) == (False, "CC-BY-NC-SA-4.0")
    assert judged("a.py", **files).spdx == "Apache-2.0"


def test_a_folder_has_the_licence_of_its_own_file_and_not_its_neighbours():
    sentence = b"The transcripts in this directory are licensed under a\n[Creative Commons {name}][l] license.\n\n[l]: {url}\n"
    url = b"https://creativecommons.org/licenses/%s/4.0/"
    by_sa = sentence.replace(b"{name}", b"Attribution-ShareAlike 4.0 International").replace(b"{url}", url % b"by-sa")
    by_nc = sentence.replace(b"{name}", b"Attribution-NonCommercial-ShareAlike (4.0)").replace(b"{url}", url % b"by-nc-sa")
    tree = Tree({"a/LICENSE.md": by_sa, "b/LICENSE.md": by_nc, "a/x.nlp": b"", "b/x.json": b""})
    assert verdict.decide("a/x.nlp", tree.of("a/x.nlp")).spdx == "CC-BY-SA-4.0"
    assert verdict.decide("b/x.json", tree.of("b/x.json")).accepted is False
    mixed = by_sa.replace(b"by-sa", b"by")
    assert not judged("x.nlp", LICENSE_dot_md=mixed).accepted


def test_a_page_about_licences_among_the_documentation_states_none():
    assert judged("docs/a.rst", LICENSE=MIT, docs__license_dot_rst=b"How we chose our licence.\n").accepted
    assert not judged("lib/a.py", LICENSE=MIT, lib__LICENSE=b"Ask before you use this.\n").accepted


def test_an_altered_licence_is_no_licence():
    altered = MIT.replace(b"without restriction", b"for private study")
    assert not judged("a.py", LICENSE=altered).accepted
    assert not judged("a.py", LICENSE=b"MIT License\n").accepted


# -- REUSE ---------------------------------------------------------------------------------------------------------

TOML = b"""version = 1
[[annotations]]
path = "**"
SPDX-License-Identifier = "MIT"
[[annotations]]
path = ["pictures/*", "data/**"]
SPDX-License-Identifier = ["CC0-1.0", "CC-BY-4.0"]
[[annotations]]
path = "old/**"
precedence = "override"
SPDX-License-Identifier = "GPL-3.0-only"
"""


def test_files_beside_a_file_state_its_licence():
    assert judged("a.bin.txt", a_dot_bin_dot_txt_dot_license=b"SPDX-License-Identifier: CC0-1.0\n").spdx == "CC0-1.0"
    assert not judged("a.json", a_dot_json_dot_license=b"SPDX-License-Identifier: GPL-3.0-only\n", LICENSE=MIT).accepted


@pytest.mark.parametrize(
    ("path", "spdx"), [("a.py", "MIT"), ("data/x/y.csv", "CC0-1.0 AND CC-BY-4.0"), ("pictures/x/y.svg", "MIT")]
)
def test_the_last_table_of_reuse_toml_that_matches_counts(path, spdx):
    assert judged(path, REUSE_dot_toml=TOML).spdx == spdx


def test_a_header_is_nearer_than_reuse_toml_unless_that_overrides():
    headed = b"# SPDX-License-Identifier: Apache-2.0\n"
    assert verdict.decide("a.py", Tree({"a.py": headed, "REUSE.toml": TOML}).of("a.py")).spdx == "Apache-2.0"
    assert not verdict.decide("old/a.py", Tree({"old/a.py": headed, "REUSE.toml": TOML}).of("old/a.py")).accepted


def test_the_folder_of_licence_texts_states_nothing():
    assert judged("a.py", LICENSES__MIT_dot_txt=MIT).reason == "No licence statement covers this file."


@pytest.mark.parametrize(
    "toml", [b"\xff", b"= broken", b"annotations = 3", b"[[annotations]]\npath = '**'\nSPDX-License-Identifier = 'MIT'" * 9_000]
)
def test_a_broken_reuse_toml_blocks(toml):
    assert not judged("a.py", REUSE_dot_toml=toml).accepted
