"""croissant.json: the release as machines read of it, by Croissant 1.1 with its RAI vocabulary (MLCommons, 2025).

Only that document belongs here. Licences are listed one by one by address; the record sets cover each licence family's files;
each file has its own digest. `release.checks` looks at what the format's own validator does not.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pile_assets.filters import FILTERS
from pile_assets.licensing import accepted
from pile_assets.release import layout
from pile_assets.release.described import NAME, TITLE, Described
from pile_assets.release.legal_kit import ABOUT
from pile_assets.schemas import SHARD_ROWS

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
PARQUET = "application/vnd.apache.parquet"

_CR = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileObject", "fileProperty"),
    *("fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path"),
    *("recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField"),
    "transform",
)

CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{word: f"cr:{word}" for word in _CR},
}
"""The context of the specification, written out: validators refuse one that is given by address."""

_TYPES = {pl.String: "sc:Text", pl.Int64: "sc:Integer", pl.Boolean: "sc:Boolean"}

MEANINGS = {
    "id": "The document's id, <source>:<name>, unique in the corpus and stable across releases.",
    "source": "The source it came from.",
    "partition": "The slice of the source it came from.",
    "url": "Where the original is.",
    "title": "Its title, where known.",
    "author": "Its authors, where known, several joined by a semicolon.",
    "attribution": "The line a reader must be shown, where the licence asks for one.",
    "created": "When it was written, as far as known, in ISO 8601.",
    "media_type": "The kind of text.",
    "licence": "Its licence as an SPDX expression.",
    "family": "The licence family.",
    "modified": "Whether personal data was masked in the text.",
    "text_sha256": "The SHA-256 of the text.",
    "bytes": "The length of the text in UTF-8.",
    "text": "The text.",
}


def to_bytes(described: Described) -> bytes:
    """The document, keys in the order of the specification's examples."""
    return (json.dumps(document(described), indent=1, ensure_ascii=False) + "\n").encode()


def document(described: Described) -> dict[str, Any]:
    """The Croissant description of a release."""
    published = described.published
    families = list(described.mix)
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "@id": f"urn:pile-assets:{described.manifest['id']}",
        "conformsTo": CONFORMS_TO,
        "name": NAME,
        "alternateName": TITLE,
        "description": summary(described),
        "version": published.version or "0.0.0",
        "datePublished": published.on or "1970-01-01",
        "license": licence_addresses(described.licences),
        "sdLicense": accepted.ACCEPTED[ABOUT].url,
        "url": f"urn:pile-assets:{described.manifest['id']}",
        "creator": {"@type": "sc:Organization", "name": "The authors named in ATTRIBUTION.parquet"},
        "publisher": {"@type": "sc:Organization", "name": "Whoever passes this release on"},
        "citeAs": f"{TITLE}, release {described.manifest['id']}",
        "inLanguage": [code for code in described.composition["by"]["language"] if code.isalpha() and len(code) in (2, 3)],
        "size": {"@type": "sc:QuantitativeValue", "value": described.documents, "unitText": "documents"},
        "isLiveDataset": False,
        "distribution": [*map(_file_set, families), *_files(described)],
        "recordSet": [_record_set(family, _documents(described, family)) for family in families],
        **_rai(described),
    }


def licence_addresses(licences: list[str]) -> list[str]:
    """Where each licence can be read, in order of licence."""
    return list(dict.fromkeys(accepted.ACCEPTED[spdx].url for spdx in licences))


def summary(described: Described) -> str:
    """What the release is, in two sentences."""
    families = ", ".join(described.mix) or "none"
    return (
        f"{described.documents:,} documents of openly licensed and public-domain text from {len(described.sources)} sources, "
        f"each with its licence, its author and its address. Licence families are kept apart: {families}."
    )


def _documents(described: Described, family: str) -> int:
    return sum(counted["docs"] for counted in described.mix[family].values())


def _file_set(family: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{family}-files",
        "name": f"{family}-files",
        "description": f"All part files of the licence family {family}.",
        "encodingFormat": PARQUET,
        "includes": f"{family}/*/*/*.parquet",
    }


def _files(described: Described) -> Iterator[dict[str, Any]]:
    for shard in described.manifest["shards"]:
        for file in shard["files"]:
            path = layout.part(shard, file["name"])
            yield {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "description": f"{file['rows']} documents.",
                "contentUrl": path,
                "contentSize": f"{file['bytes']} B",
                "encodingFormat": PARQUET,
                "sha256": file["sha256"],
            }


def _record_set(family: str, documents: int) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": family,
        "name": family,
        "description": f"{documents} documents of the licence family {family}.",
        "key": {"@id": f"{family}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{family}/{column}",
                "name": column,
                "description": MEANINGS[column],
                "dataType": _TYPES[dtype],
                "source": {"fileSet": {"@id": f"{family}-files"}, "extract": {"column": column}},
            }
            for column, dtype in SHARD_ROWS.items()
        ],
    }


def _rai(described: Described) -> dict[str, Any]:
    """Responsible-AI facts, from the records of the sources, the filters and the figures."""
    sources = list(described.sources.values())
    used = sorted({name for source in sources for name in source["filters"]})
    origins = sorted(described.composition["by"]["origin"])
    return {
        "rai:dataCollection": " ".join(f"{source['title']}: {source['description']}" for source in sources),
        "rai:dataCollectionType": [f"{source['id']}: from {source['host'] or 'the machine that builds'}" for source in sources],
        "rai:dataCollectionRawData": "; ".join(dict.fromkeys(source["homepage"] for source in sources)),
        "rai:dataPreprocessingProtocol": [f"{name}: {FILTERS[name].rationale}" for name in used],
        "rai:dataLimitations": [risk for source in sources for risk in source["laundering_risks"]] or ["None are recorded."],
        "rai:dataBiases": [f"What it is made of, by language, domain, decade and origin, is in {layout.COMPOSITION}."],
        "rai:personalSensitiveInformation": [
            f"In {described.composition['modified']:,} documents e-mail addresses, telephone numbers or public IP addresses "
            "were masked. Names of people that are part of a text or of its authorship remain."
        ],
        "rai:dataUseCases": ["Training and evaluation of language models.", f"Origin of the text: {', '.join(origins)}."],
        "rai:dataReleaseMaintenancePlan": (
            "Each release is immutable. What is withdrawn is gone from every later one, and releases that held it are let go."
        ),
    }
