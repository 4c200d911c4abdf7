"""What must never be admitted: every case that other corpora got wrong, in our own writing, and the real files of each.

Beside each case stands the alteration that would let it in: a check that could not fail would prove nothing.
"""

from collections.abc import Callable

import pytest

from pile_assets.licensing import accepted, normalise, texts, verdict
from pile_assets.licensing.extract import bibliographic, datasets, jats, oai, stackexchange, uk_government
from pile_assets.licensing.extract.repository import Tree
from pile_assets.licensing.model import Claim, Verdict
from pile_assets_tests.licensing import codes, real_files, samples
from pile_assets_tests.licensing.extract.test_jats import BY, NC, article
from pile_assets_tests.licensing.extract.test_oai import OWN, answer, arxiv, record
from pile_assets_tests.licensing.survey import report, units

BY_URL = "http://creativecommons.org/licenses/by/4.0/"
SPIRIT = "<license><license-p>This is open access in spirit, without any waiver of privileges.</license-p></license>"
CONTRIBUTED = {"Id": "1", "CreationDate": "2020-01-01T00:00:00.000"}


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch):
    codes.plant(monkeypatch, **{"CC-BY-4.0": codes.ATTRIBUTION, "CC-BY-NC-SA-4.0": codes.NONCOMMERCIAL})
    yield
    texts.find.cache_clear()


def _article(permissions: str) -> Verdict:
    return verdict.decide("a.xml", jats.of_article(article(permissions), "a.xml"))


def _arxiv(licence: str) -> Verdict:
    return verdict.decide("a", oai.of_records(answer(record("a", arxiv(licence))), "oai")["a"])


def _file(path: str, **files: str) -> Verdict:
    tree = Tree({path: b"text", **{name: content.encode() for name, content in files.items()}})
    return verdict.decide(path, tree.of(path))


def _row(licence: str) -> Verdict:
    claims = stackexchange.of_row({**CONTRIBUTED, "ContentLicense": licence}, "Posts.xml", "q")
    return verdict.decide("q", claims)


def _debate(
    identifier: str, site: str = "https://www.parliament.uk/site-information/copyright-parliament/open-parliament-licence/"
) -> Verdict:
    content = f'<publicwhip><speech id="{identifier}"/></publicwhip>'.encode()
    reading = normalise.read(site, "url")
    stated = Claim("whole", "", "the licence of the two Houses", reading, "host", site)
    return verdict.decide("d.xml", (*uk_government.of_debates(content, "d.xml"), stated))


def _work(*licences: dict) -> Verdict:
    return verdict.decide("10.1/x", bibliographic.of_crossref({"DOI": "10.1/x", "license": list(licences)}, "works", units.ON))


def _message(**fields: str) -> Verdict:
    stated = Claim("whole", "", "CC0", normalise.read("CC0-1.0", "spdx"), "rightsholder", "dataset card")
    return verdict.decide("m", (*datasets.of_oasst({"message_id": "m", **fields}, "tree"), stated))


ENTRY = {"URL": BY_URL, "content-version": "vor", "start": {"date-parts": [[2020, 1, 1]]}}
GPL = samples.commented(samples.GPL_HEADER)
MIT = samples.COPYRIGHT + samples.MIT

CASES: dict[str, tuple[Callable[[], Verdict], Callable[[], Verdict]]] = {
    "an article under NC": (lambda: _article(NC), lambda: _article(BY)),
    "an article in the spirit of openness": (lambda: _article(SPIRIT), lambda: _article(BY)),
    "an article without a licence": (lambda: _article(""), lambda: _article(BY)),
    "a record under arXiv's own licence": (lambda: _arxiv(OWN), lambda: _arxiv(BY_URL)),
    "a record without a licence": (lambda: _arxiv(""), lambda: _arxiv(BY_URL)),
    "NC data beside an Apache licence for code": (
        lambda: _file("seed.jsonl", LICENSE=samples.APACHE_2, DATA_LICENSE=codes.NONCOMMERCIAL),
        lambda: _file("seed.jsonl", LICENSE=samples.APACHE_2, DATA_LICENSE=codes.ATTRIBUTION),
    ),
    "captions of somebody else in an MIT repository": (
        lambda: _file("captions/show.json", LICENSE=MIT),
        lambda: _file("captions/show.json", LICENSE=codes.ATTRIBUTION),
    ),
    "a GPL file vendored under an MIT root": (
        lambda: verdict.decide("lib/x.py", Tree({"lib/x.py": GPL.encode(), "LICENSE": MIT.encode()}).of("lib/x.py")),
        lambda: _file("lib/x.py", LICENSE=MIT),
    ),
    "an altered ContentLicense": (lambda: _row("CC BY-NC-SA 4.0"), lambda: _row("CC BY-SA 4.0")),
    "an empty list of licences": (lambda: _work(), lambda: _work(ENTRY)),
    "a licence for mining": (lambda: _work({**ENTRY, "content-version": "tdm"}), lambda: _work(ENTRY)),
    "the debates of another parliament": (
        lambda: _debate("uk.org.publicwhip/ni/2009-10-12.0.1"),
        lambda: _debate("uk.org.publicwhip/debate/2009-10-12.0.1"),
    ),
    "a model's output stamped CC0": (lambda: _message(model_name="a model"), lambda: _message()),
}


@pytest.mark.parametrize("case", CASES)
def test_a_case_that_must_not_be_admitted_is_not_and_its_harmless_twin_is(case):
    refused, admitted = (judge() for judge in CASES[case])
    assert not refused.accepted
    assert refused.reason
    assert admitted.accepted


# -- addresses that were misread -----------------------------------------------------------------------------------


def judged(address: str) -> tuple[str | None, str | None]:
    reading = normalise.read(address, "url")
    return reading.spdx, accepted.judge(reading.spdx or "").family if reading.spdx else None


def test_sharealike_2_0_keeps_its_condition():
    assert judged("http://creativecommons.org/licenses/by-sa/2.0/") == ("CC-BY-SA-2.0", "sharealike")
    assert judged("http://creativecommons.org/licenses/by/2.0/") == ("CC-BY-2.0", "permissive")


@pytest.mark.parametrize(
    ("address", "spdx", "family"),
    [
        ("https://creativecommons.org/licenses/by/3.0/de/", "CC-BY-3.0-DE", "permissive"),
        ("https://creativecommons.org/licenses/by-sa/3.0/at/deed.de", "CC-BY-SA-3.0-AT", "sharealike"),
        ("https://creativecommons.org/licenses/by-nc-sa/3.0/de/", "CC-BY-NC-SA-3.0-DE", None),
        ("https://creativecommons.org/licenses/by-nd/3.0/de/", "CC-BY-ND-3.0-DE", None),
        ("https://creativecommons.org/licenses/by/2.1/jp/", "LicenseRef-CC-BY-2.1-JP", None),
    ],
)
def test_a_ported_licence_keeps_its_conditions_and_its_port(address, spdx, family):
    assert judged(address) == (spdx, family)


# -- the real files ------------------------------------------------------------------------------------------------


def _real() -> list[units.Unit]:
    return list(units.of_source("negative", real_files.of("negative")))


def test_no_real_case_is_admitted():
    found = _real()
    outcomes = {(unit.file, unit.name): report.judged(unit)[0] for unit in found if unit.no_document is None}
    assert len(outcomes) > 300
    assert {key for key, outcome in outcomes.items() if outcome in (report.ADMITTED, report.IN_THE_US)} == set()


def test_every_real_file_of_a_case_was_looked_at():
    files = set(real_files.of("negative"))
    assert {unit.file for unit in _real()} == files


def test_with_the_table_open_to_noncommercial_licences_real_cases_would_be_admitted(monkeypatch):
    found = _real()
    open_to_all = {**accepted.ACCEPTED, "CC-BY-NC-SA-4.0": accepted.ACCEPTED["CC-BY-SA-4.0"]}
    monkeypatch.setattr(accepted, "ACCEPTED", open_to_all)
    accepted.judge.cache_clear()
    try:
        admitted = {unit.file for unit in found if unit.no_document is None and report.judged(unit)[0] == report.ADMITTED}
    finally:
        monkeypatch.undo()
        accepted.judge.cache_clear()
    assert any("NC.tar.gz" in file for file in admitted)
    assert any("coraal" in file for file in admitted)
