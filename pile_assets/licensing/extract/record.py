"""A registry record as a claim: what the publisher of a whole collection says on a page that a person has recorded."""

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Reading, Speaker
from pile_assets.registry.models import Evidence, Record

_SPEAKERS: dict[str, Speaker] = {
    "rightsholder": "rightsholder",
    "host": "host",
    "aggregator": "aggregator",
    "uploader": "uploader",
    "third_party": "third-party",
}


def of_record(record: Record) -> tuple[Claim, ...]:
    """One claim about all of a source per piece of evidence, where the record says that one licence holds for all of it.

    For formats whose files say nothing: this is the widest statement there is, and any in a file is nearer. A record
    whose documents each have a licence of their own (`granularity` is not "source") makes none.
    """
    if record.licence.granularity != "source" or record.licence.spdx in ("NOASSERTION", "NONE"):
        return ()
    reading = Reading("resolved", "registry-record", record.licence.spdx)
    return statements.distinct(_of(evidence, reading) for evidence in record.evidence)


def _of(evidence: Evidence, reading: Reading) -> Claim:
    who = _SPEAKERS[evidence.who_speaks or "third_party"]
    day = evidence.retrieved.isoformat()
    return Claim("whole", "", statements.excerpt(evidence.quote), reading, who, evidence.url, evidence.sha256, day)
