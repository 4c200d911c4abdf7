"""DATASHEET.md: the questions of "Datasheets for Datasets" (Gebru et al. 2021), answered from records, policies and figures.

Only that page belongs here. Nothing is answered from memory: what no record says is said to be unknown. A filter without a
rationale stops it, because a corpus must be able to say why each document is not in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pile_assets.errors import PileError
from pile_assets.filters import FILTERS
from pile_assets.filters.model import Filter
from pile_assets.release import layout
from pile_assets.release.dataset_card import counts, plain
from pile_assets.release.described import TITLE, Described
from pile_assets.release.source_facts import SourceFacts

SECTIONS = ("Motivation", "Composition", "Collection", "Preprocessing", "Uses", "Distribution", "Maintenance")
"""Headings that every datasheet has."""


def rationales(names: Iterable[str], filters: Mapping[str, Filter] = FILTERS) -> dict[str, str]:
    """Why each filter exists. Raises PileError naming every filter that does not say."""
    chosen = {name: filters[name].rationale.strip() for name in sorted(set(names))}
    if silent := [name for name, why in chosen.items() if not why]:
        raise PileError(
            f"The filters {', '.join(silent)} do not say why they exist, and a datasheet must.",
            remedy="Write the `rationale` of the FILTER in its module.",
        )
    return chosen


def to_bytes(described: Described) -> bytes:
    """The page."""
    parts = [f"# Datasheet of {TITLE}, release {described.manifest['id']}\n"]
    answers = {
        "Motivation": _motivation(described),
        "Composition": _composition(described),
        "Collection": _collection(described),
        "Preprocessing": _preprocessing(described),
        "Uses": _uses(described),
        "Distribution": _distribution(described),
        "Maintenance": _maintenance(),
    }
    parts += [f"## {heading}\n\n{answers[heading]}" for heading in SECTIONS]
    return "\n".join(part.rstrip() + "\n" for part in parts).encode()


def _motivation(described: Described) -> str:
    return (
        "Language models need training text that everybody may lawfully use. This release holds only documents whose licence "
        "is resolved and accepted, with the evidence for it kept by its publisher, and can be made again step by step."
    )


def _composition(described: Described) -> str:
    composed = described.composition
    tables = [
        counts(column, composed["by"][column])
        for column in ("family", "domain", "source", "language", "decade", "origin", "media_type", "licence")
    ]
    lead = (
        f"{composed['documents']:,} documents, {composed['bytes']:,} bytes of text. `unknown` is what no record says; the "
        "decade is that of writing. Origin is that of the source as a whole."
    )
    return "\n".join([lead + "\n", *tables])


def _collection(described: Described) -> str:
    return "\n".join(_source(described, source) for source in described.sources.values())


def _source(described: Described, source: SourceFacts) -> str:
    counted = described.composition["by"]["source"][source["id"]]
    review, preferences = source["review"], source["preferences"]
    evidence = [f"{one['url']} ({one['retrieved']}, {one['who_speaks'] or 'speaker unknown'})" for one in source["evidence"]]
    countries = ", ".join(f"{code} {holds}" for code, holds in source["jurisdictions"].items())
    lines = [
        f"- {counted['docs']:,} documents; a partition is {plain(source['unit'])}; asked for news {source['refresh']}",
        f"- from: {source['host'] or 'the machine that builds'}; homepage: {source['homepage']}",
        f"- why it may be used: {source['rights_basis']}; the publisher's words: {plain(source['licence'])}",
        *([f"- holds in: {countries}"] if countries else []),
        f"- evidence: {'; '.join(map(plain, evidence))}",
        f"- review: {review['level']} on {review['on']}; {review['sampled']} documents sampled, {review['wrong']} wrong",
        f"- wishes of the publisher on {preferences['checked']}: robots.txt {preferences['robots_txt']}, "
        f"TDMRep {preferences['tdmrep']}, AIPREF {preferences['aipref']}",
        *(f"- risk: {plain(risk)}" for risk in source["laundering_risks"]),
    ]
    return f"### {plain(source['title'])}\n\n{plain(source['description'])}\n\n" + "\n".join(lines) + "\n"


def _preprocessing(described: Described) -> str:
    used = {name for source in described.sources.values() for name in source["filters"]}
    parts = [
        f"A filter measures and drops nothing; a policy decides by its measurements. In {described.composition['modified']:,} "
        "documents personal data was masked. Duplicates, exact and near, were removed; the better-ranked one was kept.\n"
    ]
    for name, why in rationales(used).items():
        users = sorted(source["id"] for source in described.sources.values() if name in source["filters"])
        parts.append(f"### Filter {name}\n\n{why} Measured as in: {FILTERS[name].source} Used for: {', '.join(users)}.\n")
    for name, rules in sorted(_policies(described).items()):
        parts.append(f"### Policy {name}\n\n{plain(rules['description'])}\n\n" + "\n".join(_rules(rules)) + "\n")
    return "\n".join(parts)


def _policies(described: Described) -> dict[str, Mapping[str, Any]]:
    return {source["policy"]: source["policy_rules"] for source in described.sources.values() if source["policy_rules"]}


def _rules(policy: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("prose", "code"):
        for rule in policy[kind]["rules"]:
            bounds = {name: rule[name] for name in ("min", "max", "equals", "one_of") if name in rule}
            shown = ", ".join(f"{name} {value}" for name, value in bounds.items())
            yield f"- {kind}: `{rule['attribute']}` {plain(shown)}, else dropped as {rule['drop_because']}"


def _uses(described: Described) -> str:
    return (
        "Training and evaluating language models. Look first at the composition: what is rare in it will be poorly learnt. "
        "Documents are not checked for being true, fair or fit for any purpose."
    )


def _distribution(described: Described) -> str:
    opened = described.composition["openness"]
    replicable = "replicable" if opened["replicable"] else "not replicable"
    because = "".join(f" {why}." for why in opened["because"])
    return (
        f"Each document under its own licence, listed in {layout.MIX}; the terms are in {layout.NOTICE}. Openness: "
        f"{opened['tier']}, open in {', '.join(opened['open_in'])}; {replicable}.{because}"
    )


def _maintenance() -> str:
    return (
        "A release never changes. A later one is made when a source does; documents that their publisher withdraws, or that "
        f"somebody has taken down, are gone from every later release. {layout.CHANGES} says what differs from the one before."
    )
