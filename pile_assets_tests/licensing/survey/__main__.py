"""`python -m pile_assets_tests.licensing.survey`: reads the samples and writes docs/licence-survey.md; 1 where unexplained."""

import json
import sys
from pathlib import Path

from pile_assets_tests.licensing import real_files
from pile_assets_tests.licensing.survey import report, units

PAGE = Path(__file__).resolve().parents[3] / "docs" / "licence-survey.md"


def survey() -> tuple[str, list[report.Disagreement]]:
    """The page, and the disagreements nobody has explained."""
    found = {}
    for source in units.SOURCES:
        print(source, file=sys.stderr)
        found[source] = report.Found()
        for unit in units.of_source(source, real_files.of(source)):
            found[source].take(unit)
    lines = [json.loads(line) for line in (real_files.FOLDER / "manifest.jsonl").read_text().splitlines()]
    peps = {name: content for name, content in real_files.of("python-peps").items() if name.endswith(".json")}
    truths = [
        *report.of_peps(found["python-peps"], peps),
        *report.of_web_pages(found["web-cc"], real_files.of("web-cc")["web-cc/truth.jsonl"]),
    ]
    unexplained = [one for one in report.disagreements(lines, found) if one.why is None]
    return report.page(found, lines, truths), unexplained


def main() -> int:
    if not real_files.FOLDER.is_dir():
        print(f"There are no samples in {real_files.FOLDER}: the survey needs them.", file=sys.stderr)
        return 1
    page, unexplained = survey()
    PAGE.write_text(page, encoding="utf-8")
    for one in unexplained:
        print(f"Nobody has explained {one.files} files of {one.source}: {one.label}, but {one.outcome}.", file=sys.stderr)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
