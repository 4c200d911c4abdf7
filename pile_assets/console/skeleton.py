"""The skeleton of a new registry record, and in a sentence what belongs in each field.

What belongs here: words for the person who writes a record. What may not: any rule; those are `registry.models`, and a
sentence here says no more than the model there enforces or its comments state.
"""

NAME = r"[a-z][a-z0-9_]{0,59}"

FIELDS: dict[str, str] = {
    "schema": "The version of the record format: 1.",
    "id": "The source's name for ever: lower-case letters, digits and _; the file is named after it.",
    "title": "The collection's name as its publisher writes it.",
    "description": "What is in it and what a partition is, in one or two sentences.",
    "homepage": "The publisher's page about the collection.",
    "domain": "The kind of text; shards never mix two: code, books, academic, government, legal, wiki, forums, education, "
    "web or speech.",
    "connector": "The module in pile_assets/sources that fetches and parses it.",
    "enabled": "Whether it takes part without anybody switching it on: true or false.",
    "options": "The connector's options, described in its module.",
    "partitioning": "How the collection is cut into partitions.",
    "partitioning.unit": "What one partition is, in words, e.g. 100 PEP numbers.",
    "partitioning.pattern": "A regular expression that every partition key matches whole. Keys are for ever.",
    "refresh": "How often it is asked for news: hourly, daily, weekly or monthly.",
    "origin": "How its text came to be: human, ocr, asr, machine-translation or synthetic.",
    "seniority": "A number no other record has; of sources first seen together, the smaller wins duplicates.",
    "tier": "0 to 9; the smaller wins duplicates whatever the seniority. 5 unless there is a reason.",
    "filters": "The filters to run, e.g. [length, language, gopher_quality, gopher_repetition, code_quality, pii].",
    "policy": "The file in registry/policies, without .yaml, that says what is dropped and masked.",
    "mixture": "Copies per epoch in each recipe, main and cooldown, from 0 to 64.",
    "size_cap": "document_bytes: a longer text is skipped. partition_bytes: a larger partition is quarantined.",
    "owners": 'Who looks after it, e.g. ["team:corpus"].',
    "rights_basis": "Why it may be used: licence_grant, dedication, term_expired, gov_work, no_copyright_subject_matter "
    "or permission_letter.",
    "licence": "What the publisher says of the whole collection.",
    "licence.raw": "The publisher's own words for the licence.",
    "licence.spdx": "The SPDX expression, or NOASSERTION where each document has its own.",
    "licence.granularity": "Where the binding statement stands: source, document or contribution.",
    "evidence": "At least one place where the licence is stated, as it was on the day it was looked at.",
    "evidence.kind": "licence_page, terms_of_use, api_field, file_header, rights_statement, email, statute, "
    "catalogue_record or renewal_search.",
    "evidence.url": "Where the statement stands.",
    "evidence.retrieved": "The day it was looked at, as YYYY-MM-DD.",
    "evidence.sha256": "The SHA-256 of the bytes that were looked at, 64 hexadecimal digits.",
    "evidence.quote": "The deciding words, at most 500 characters.",
    "evidence.who_speaks": "rightsholder, host, aggregator, uploader or third_party.",
    "preferences": "The publisher's machine-readable wishes.",
    "preferences.robots_txt": "allowed, disallowed, absent or not_applicable.",
    "preferences.tdmrep": "reserved, not_reserved, absent or not_applicable.",
    "preferences.aipref": "y, n, unknown or not_applicable.",
    "preferences.policy": "record, or hold: whether documents wait whose publisher reserves their use.",
    "preferences.checked": "The day they were checked, as YYYY-MM-DD.",
    "jurisdictions": "Country code to yes, no or unknown: where the rights basis holds. {} where it holds by licence.",
    "obligations": "What a user must do: attribution, licence_text, licence_link, share_alike, notice_file, "
    "mark_changes, database_notice, no_endorsement; or none.",
    "laundering_risks": "Ways in which text may be here under a licence its author never gave, one sentence each.",
    "review": "How far a person has looked.",
    "review.status": "proposed until the evidence is recorded and checked, then documented; verified needs a sample of 20.",
    "review.by": "The roles that stand for it.",
    "review.on": "The day of the review, as YYYY-MM-DD.",
    "review.expires": "The day after which it must be reviewed again, as YYYY-MM-DD.",
    "review.sample": "n documents judged by a person, wrong of them with the wrong licence.",
    "review.notes": "Anything the next reviewer should know.",
}
"""Field -> what belongs there; items of a list have the field of the list before theirs."""

_LAYOUT = """\
schema: 1
id: {name}
title:
description:
homepage:
domain:
connector:
enabled: false
options: {{}}
partitioning:
  unit:
  pattern:
refresh: weekly
origin: human
seniority: {seniority}
tier: 5
filters: [length, language, gopher_quality, gopher_repetition, code_quality, pii]
policy: prose_and_code
mixture: {{main: 1.0, cooldown: 1.0}}
owners: []
rights_basis:
licence:
  raw:
  spdx:
  granularity:
evidence:
  - kind:
    url:
    retrieved:
    sha256:
    quote:
    who_speaks:
preferences:
  robots_txt:
  tdmrep:
  aipref:
  checked:
jurisdictions: {{}}
obligations: []
laundering_risks: []
review:
  status: proposed
  by: []
  on:
  expires:
  sample: {{n: 0, wrong: 0}}
  notes: ''
"""


def skeleton(name: str, seniority: int) -> str:
    """A record with every field in its place, those only a person can fill left empty, each under what belongs there."""
    lines = [f"# The record of {name}. `pile sources check {name}` says what is still missing."]
    parents: list[str] = []
    for line in _LAYOUT.format(name=name, seniority=seniority).splitlines():
        indent = len(line) - len(line.lstrip(" -"))
        key = line.strip(" -").partition(":")[0]
        parents = [*parents[: 1 if indent else 0], key]
        if (sentence := hint(".".join(parents))) and line.endswith(":"):
            lines.append(f"{' ' * indent}# {sentence}")
        lines.append(line)
    return "\n".join(lines) + "\n"


def hint(field: str) -> str | None:
    """What belongs in a field as `registry.load` names it, e.g. "evidence.0.sha256"; of its parent where it has no words."""
    parts = [part for part in field.split(".") if not part.isdigit()]
    while parts and ".".join(parts) not in FIELDS:
        parts.pop()
    return FIELDS.get(".".join(parts))
