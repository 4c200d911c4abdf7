"""The survey's counts and its page: outcomes by source, beside the labels, with every disagreement explained.

A label that no explanation answers for is a fault of the survey: `unexplained` lists them, and the command fails.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pile_assets.licensing import public_domain, verdict
from pile_assets_tests.licensing.survey import explained
from pile_assets_tests.licensing.survey.units import Unit

FEDERAL = public_domain.Work(government="US")
_YEAR = 2026

ADMITTED, IN_THE_US, REFUSED, HELD = "admitted", "admitted in the US", "refused", "held"
OUTCOMES = (ADMITTED, IN_THE_US, REFUSED, HELD)


@dataclass
class Found:
    """What was found in one source."""

    outcomes: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  # outcome and cause
    licences: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)  # what was no document, by what it was
    files: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    units: dict[str, str] = field(default_factory=dict)  # name of a unit to its outcome

    def take(self, unit: Unit) -> None:
        if unit.no_document is not None:
            self.others[unit.no_document] += 1
            self.files[unit.file]["-"] += 1
            return
        outcome, cause, licence = judged(unit)
        self.outcomes[outcome] += 1
        self.claims += len(unit.claims)
        self.files[unit.file][outcome] += 1
        self.units[unit.name] = outcome
        if cause:
            self.reasons[outcome, cause] += 1
        if licence:
            self.licences[licence] += 1


def judged(unit: Unit) -> tuple[str, str, str]:
    """Outcome, cause and licence of a unit; a federal work is admitted where it is free, which is in the United States."""
    given = verdict.decide(unit.name, unit.claims)
    if given.accepted:
        return ADMITTED, "", given.spdx or ""
    if given.spdx == "LicenseRef-US-Gov-17USC105":
        grounded, standings = public_domain.grounded(given, FEDERAL)
        refusal = public_domain.Terms(_YEAR, ("US",)).refusal({standing.jurisdiction: standing for standing in standings})
        if grounded.accepted and refusal is None:
            return IN_THE_US, "", given.spdx
    return REFUSED if given.status == "resolved" else HELD, verdict.cause(given.reason or ""), given.spdx or ""


def of_file(outcomes: Mapping[str, int]) -> str:
    """One word for all units of a file: its one outcome, "some" where units differ, "no document" where it has none."""
    kinds = {outcome for outcome in outcomes if outcome != "-"}
    if not kinds:
        return "no document"
    if len(kinds) == 1:
        return next(iter(kinds))
    return "some" if kinds & {ADMITTED, IN_THE_US} else HELD


@dataclass(frozen=True)
class Disagreement:
    """Files of one source whose label and outcome do not go together, and why; `why` is None where nobody has looked."""

    source: str
    label: str
    outcome: str
    files: int
    why: str | None


def disagreements(lines: Iterable[Mapping[str, object]], found: Mapping[str, Found]) -> list[Disagreement]:
    """Every line of the manifest with a yes or a no, against what became of its file."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        source, label = str(line["source"]).split("/")[0].removeprefix("_"), line["open"]
        if not isinstance(label, bool) or source not in found:
            continue
        outcome = of_file(found[source].files.get(str(line["file"]), {}))
        agrees = outcome in (ADMITTED, IN_THE_US, "no document") if label else outcome not in (ADMITTED, IN_THE_US, "some")
        if not agrees:
            counted[source, "open" if label else "not open", outcome] += 1
    return [Disagreement(*key, files, explained.WHY.get(key)) for key, files in sorted(counted.items())]


def page(found: Mapping[str, Found], lines: list[Mapping[str, object]], truths: Iterable[str]) -> str:
    """The survey as Markdown."""
    return "\n".join([explained.INTRODUCTION, *_by_source(found), *_by_reason(found), *_labels(found, lines), *truths, ""])


def _by_source(found: Mapping[str, Found]) -> Iterator[str]:
    yield "\n## By format\n"
    yield "| sample | documents | claims | " + " | ".join(OUTCOMES) + " | not documents |"
    yield "|---|" + "---:|" * (len(OUTCOMES) + 2) + "---|"
    total: Counter[str] = Counter()
    for source, counts in sorted(found.items()):
        cells = [sum(counts.outcomes.values()), counts.claims, *(counts.outcomes[outcome] for outcome in OUTCOMES)]
        others = ", ".join(f"{number:,} {word}" for word, number in counts.others.most_common())
        yield f"| {source} | " + " | ".join(f"{cell:,}" for cell in cells) + f" | {others} |"
        total.update(dict(zip(("documents", "claims", *OUTCOMES), cells, strict=True)))
    yield "| **all** | " + " | ".join(f"**{total[name]:,}**" for name in ("documents", "claims", *OUTCOMES)) + " | |"


def _by_reason(found: Mapping[str, Found]) -> Iterator[str]:
    yield "\n## Admitted, by licence\n\n| sample | licences |\n|---|---|"
    for source, counts in sorted(found.items()):
        if counts.outcomes[ADMITTED] or counts.outcomes[IN_THE_US]:
            admitted = [
                (name, number) for name, number in sorted(counts.licences.items(), key=lambda item: (-item[1], item[0]))
            ]
            shown = ", ".join(f"{name} {number:,}" for name, number in admitted[:8])
            yield f"| {source} | {shown}{f' and {len(admitted) - 8} more' if len(admitted) > 8 else ''} |"
    yield "\nThe counts are of documents whose licence was resolved, the refused ones among them.\n"
    yield "## Not admitted, by reason\n\n| sample | outcome | reason | documents |\n|---|---|---|---:|"
    for source, counts in sorted(found.items()):
        for (outcome, cause), number in sorted(counts.reasons.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {source} | {outcome} | {cause} | {number:,} |"


def _labels(found: Mapping[str, Found], lines: list[Mapping[str, object]]) -> Iterator[str]:
    labelled = [line for line in lines if isinstance(line["open"], bool)]
    wrong = disagreements(labelled, found)
    files = sum(one.files for one in wrong)
    yield "\n## Against the labels\n"
    yield f"{len(labelled):,} of {len(lines):,} lines of the manifest say yes or no. {len(labelled) - files:,} agree with what"
    yield "became of the file, or the file is no document. The others, by sample:\n"
    yield "| sample | label | outcome | files | why |\n|---|---|---|---:|---|"
    for one in wrong:
        yield f"| {one.source} | {one.label} | {one.outcome} | {one.files:,} | {one.why or '**nobody has looked**'} |"
    other = Counter(str(line["source"]).split("/")[0] for line in lines if not isinstance(line["open"], bool))
    yield "\nLines that leave the answer to each document, or say that there is no text, have nothing to compare as a whole: "
    yield ", ".join(f"{source} {number}" for source, number in sorted(other.items())) + "."


def of_web_pages(found: Found, truth: bytes) -> Iterator[str]:
    """The machine labels of the web pages against their outcomes."""
    yield "\n## Web pages, by their machine label\n"
    yield "| label | " + " | ".join(OUTCOMES) + " | not in the archive |\n|---|" + "---:|" * (len(OUTCOMES) + 1)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for line in truth.splitlines():
        row = json.loads(line)
        counted[str(row["label"])][found.units.get(str(row["url"]), "missing")] += 1
    for label, outcomes in sorted(counted.items()):
        yield f"| {label} | " + " | ".join(str(outcomes[name]) for name in (*OUTCOMES, "missing")) + " |"
    yield explained.WEB


def of_peps(found: Found, truth: Mapping[str, bytes]) -> Iterator[str]:
    """The counts that came with the PEPs against ours."""
    yield "\n## PEPs, by the counts that came with them\n"
    yield "| snapshot | their count | admitted | refused or held |\n|---|---|---:|---:|"
    for name, content in sorted(truth.items()):
        version = name.rpartition("stats-")[2].removesuffix(".json")
        ours = next((files for file, files in found.files.items() if version in file), Counter[str]())
        theirs: Counter[str] = Counter()
        for words, numbers in json.loads(content).items():
            theirs["open" if words.startswith(("PD", "public")) else "not open"] += (
                len(numbers) if isinstance(numbers, list) else int(numbers)
            )
        not_open = ours[REFUSED] + ours[HELD]
        yield f"| {version} | {theirs['open']} open, {theirs['not open']} not | {ours[ADMITTED]} | {not_open} |"
    yield explained.PEPS
