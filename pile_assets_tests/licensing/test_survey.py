"""The survey's own arithmetic: what counts as a disagreement, and that none goes unexplained in silence."""

from pile_assets.licensing.extract import us_government
from pile_assets.licensing.model import Claim, Reading
from pile_assets_tests.licensing.survey import explained, report
from pile_assets_tests.licensing.survey.units import Unit


def unit(file: str, spdx: str | None, no_document: str | None = None) -> Unit:
    claims = (Claim("whole", "", "raw", Reading("resolved", "spdx", spdx), "rightsholder", "a"),) if spdx else ()
    return Unit(file, f"{file}#{spdx}", claims, no_document)


def found(*units: Unit) -> report.Found:
    counted = report.Found()
    for one in units:
        counted.take(one)
    return counted


def line(file: str, label: object, source: str = "s") -> dict[str, object]:
    return {"file": file, "open": label, "source": source}


FILES = {
    "s": found(
        unit("open", "MIT"),
        unit("closed", "CC-BY-NC-4.0"),
        unit("silent", None),
        unit("mixed", "MIT"),
        unit("mixed", None),
        unit("evidence", None, "evidence"),
        unit("federal", us_government.WORK),
    )
}


def test_a_unit_counts_under_one_outcome_with_its_reason():
    counts = FILES["s"]
    assert dict(counts.outcomes) == {report.ADMITTED: 2, report.REFUSED: 1, report.HELD: 2, report.IN_THE_US: 1}
    assert counts.reasons[report.HELD, "No licence statement covers this file"] == 2
    assert counts.others == {"evidence": 1}


def test_labels_that_agree_are_no_disagreement():
    agreeing = [line("open", True), line("closed", False), line("silent", False), line("evidence", True), line("federal", True)]
    assert report.disagreements(agreeing, FILES) == []
    assert report.disagreements([line("open", "per-document"), line("x", True, "unknown")], FILES) == []


def test_a_wrong_label_is_a_disagreement_that_somebody_must_explain():
    wrong = [line("open", False), line("silent", True), line("mixed", True), line("mixed", False), line("closed", True)]
    seen = {(one.label, one.outcome): one.why for one in report.disagreements(wrong, FILES)}
    assert seen == {
        ("not open", report.ADMITTED): None,
        ("open", report.HELD): None,
        ("open", "some"): None,
        ("not open", "some"): None,
        ("open", report.REFUSED): None,
    }


def test_the_page_names_what_nobody_has_looked_at():
    page = report.page(FILES, [line("open", False)], [])
    assert "**nobody has looked**" in page
    assert "| s | 6 | 4 | 2 | 1 | 1 | 2 | 1 evidence |" in page


def test_no_label_of_what_is_not_open_is_explained_away():
    assert {label for _, label, _ in explained.WHY} == {"open"}
