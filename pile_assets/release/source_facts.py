"""What the cards of a release say of each source, taken from its reviewed record and its policy.

Choosing and naming those facts belongs here. What may not: figures of documents (`composition`), words of a page.
"""

import json
from collections.abc import Mapping
from typing import Any

from pile_assets.registry.models import Record

SourceFacts = Mapping[str, Any]


def of_record(
    record: Record, policy: Mapping[str, Any] | None, host: str | None, mixture: Mapping[str, float]
) -> dict[str, Any]:
    """The facts of one source as JSON values. `policy` is null where the source's record is frozen and no policy is loaded;
    `host` is the public host it is fetched from, null for what is read from this machine; `mixture` its weight by recipe."""
    return {
        "id": record.id,
        "title": record.title,
        "description": record.description,
        "homepage": record.homepage,
        "domain": record.domain.value,
        "origin": record.origin.value,
        "host": host,
        "unit": record.partitioning.unit,
        "refresh": record.refresh.value,
        "rights_basis": record.rights_basis,
        "licence": record.licence.raw,
        "evidence": [
            {"url": one.url, "retrieved": one.retrieved.isoformat(), "sha256": one.sha256, "who_speaks": one.who_speaks}
            for one in record.evidence
        ],
        "preferences": record.preferences.model_dump(mode="json"),
        "jurisdictions": dict(sorted(record.jurisdictions.items())),
        "laundering_risks": list(record.laundering_risks),
        "review": {
            "level": record.review.status.value,
            "on": record.review.on.isoformat(),
            "sampled": record.review.sample.n,
            "wrong": record.review.sample.wrong,
        },
        "mixture": dict(sorted(mixture.items())),
        "filters": list(record.filters),
        "policy": record.policy,
        "policy_rules": policy,
    }


def to_bytes(sources: Mapping[str, SourceFacts]) -> bytes:
    """sources.json: source -> its facts."""
    return (json.dumps(dict(sources), indent=1, ensure_ascii=False) + "\n").encode()
