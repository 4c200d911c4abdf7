"""Whether the cards of a release say what its documents are: figures, Croissant, dataset card, datasheet, page to find things.

Checks over a `check.Release`, in its manner; see there what may not belong here. Croissant's own validator accepts a wrong
digest and any list of licences, and the hub's needs a network: hence these.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import polars as pl
import yaml

from pile_assets.filters import FILTERS
from pile_assets.release import attribution, composition, croissant, dataset_card, datasheet, find_index, layout
from pile_assets.release.check import Check, Problem, Release
from pile_assets.shards.merge import histograms

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def figures(release: Release) -> Iterator[Problem]:
    """composition.json counts the documents that are there, and its tier of openness follows from licences and sources."""
    said, sources = release.json(layout.COMPOSITION), release.json(layout.SOURCES)
    own = [attribution.figures(rows, {}) for _, rows in release.shards]
    judged = [place for place in said["openness"]["open_in"] if place != "worldwide"]
    facts = [shard | {"histograms": _histograms(rows)} for shard, rows in release.shards]
    again = json.loads(json.dumps(composition.compose(facts, own, sources, release.mix, judged)))
    for name in ("documents", "bytes", "modified", "review_share"):
        if said[name] != again[name]:
            yield Problem("figures", layout.COMPOSITION, f"it says {name} {said[name]}, and it is {again[name]}")
    if said["openness"] != again["openness"]:
        found = f"it claims {_tier(said['openness'])}, and licences and sources make it {_tier(again['openness'])}"
        yield Problem("figures", layout.COMPOSITION, found)
    for column in composition.COLUMNS:
        if column == "language":  # measured in the text, which no row repeats
            if sum(one["docs"] for one in said["by"][column].values()) != again["documents"]:
                yield Problem("figures", layout.COMPOSITION, "its languages do not add up to all documents")
        elif said["by"][column] != again["by"][column]:
            yield Problem("figures", layout.COMPOSITION, f"its figures by {column} are not those of the documents")


def _histograms(rows: pl.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    return {name: counted for name, counted in histograms(rows).items() if name != "language"}


def _tier(openness: dict[str, Any]) -> str:
    replicable = "replicable" if openness["replicable"] else "not replicable"
    return f"{openness['tier']} in {', '.join(openness['open_in'])}, {replicable}"


def croissant_file(release: Release) -> Iterator[Problem]:
    """croissant.json lists every part file with its digest, exactly the licences of the documents, and how many there are."""
    said, place = release.json(layout.CROISSANT), layout.CROISSANT
    promised = {
        layout.part(shard, file["name"]): file["sha256"] for shard in release.manifest["shards"] for file in shard["files"]
    }
    objects = {one["contentUrl"]: one.get("sha256") for one in said["distribution"] if one["@type"] == "cr:FileObject"}
    for name in sorted(promised.keys() | objects.keys()):
        if promised.get(name) != objects.get(name):
            yield Problem(
                "croissant", place, f"its digest of {name} is {objects.get(name)}, and should be {promised.get(name)}"
            )
    if said.get("license") != croissant.licence_addresses(release.licences):
        yield Problem("croissant", place, "its licences are not those of the documents")
    documents = sum(rows.height for _, rows in release.shards)
    if said["size"]["value"] != documents:
        yield Problem("croissant", place, f"it counts {said['size']['value']} documents, and there are {documents}")
    counted = {family: sum(one["docs"] for one in found.values()) for family, found in release.mix.items()}
    told = {one["name"]: int(one["description"].partition(" ")[0]) for one in said["recordSet"]}
    if told != counted:
        yield Problem("croissant", place, f"its record sets have {told} documents, and there are {counted}")
    if said.get("conformsTo") != croissant.CONFORMS_TO or not _ISO_DAY.fullmatch(str(said.get("datePublished"))):
        yield Problem("croissant", place, "it does not say which version it conforms to, or when it was published")


def card(release: Release) -> Iterator[Problem]:
    """README.md begins with YAML that says the licence, and whose configurations are exactly the files of each family."""
    text = release.bytes(layout.CARD).decode()
    _, head, body = text.split("---\n", 2)
    fields = yaml.safe_load(head)
    licence = {name: fields.get(name) for name in ("license", "license_name", "license_link") if name in fields}
    if licence != dataset_card.licence_fields(release.licences) or licence.get("license") not in dataset_card.HUB_LICENCES:
        yield Problem("card", layout.CARD, f"its licence is {licence}, which is not that of the documents")
    for config in fields["configs"]:
        (entry,) = config["data_files"]
        found = {path.relative_to(release.root).as_posix() for path in release.root.glob(entry["path"])}
        wanted = {
            layout.part(shard, file["name"])
            for shard in release.manifest["shards"]
            if layout.family(shard["shard"]) == config["config_name"]
            for file in shard["files"]
        }
        if not wanted or found != wanted:
            yield Problem("card", layout.CARD, f"its configuration {config['config_name']} does not cover that family's files")
    if [config["config_name"] for config in fields["configs"]] != list(release.mix):
        yield Problem("card", layout.CARD, "its configurations are not the licence families")
    if f"Release `{release.manifest['id']}`" not in body:
        yield Problem("card", layout.CARD, "it is the card of another release")


def mixtures(release: Release) -> Iterator[Problem]:
    """What the manifest says that a recipe makes of the documents is what it draws of them, by the weights in sources.json."""
    sources, said = release.json(layout.SOURCES), release.manifest.get("mixtures", {})
    again = composition.mixtures([rows for _, rows in release.shards], sources)
    for recipe in sorted(again.keys() | said.keys()):
        if recipe not in again or recipe not in said:
            where = "sources.json" if recipe in again else "the manifest"
            yield Problem("mixtures", layout.MANIFEST, f"only {where} knows the recipe {recipe}")
            continue
        yield from _differing(recipe, said[recipe], again[recipe])
    if dataset_card.mixtures(said) not in release.bytes(layout.CARD).decode():
        yield Problem("mixtures", layout.CARD, "its figures of mixtures are not those of the manifest")


def _differing(recipe: str, said: dict[str, Any], again: dict[str, Any]) -> Iterator[Problem]:
    for source in sorted(said["sources"].keys() | again["sources"].keys()):
        one, other = said["sources"].get(source), again["sources"].get(source)
        if one != other:
            yield Problem("mixtures", layout.MANIFEST, f"of {source} the recipe {recipe} makes {other}, and it says {one}")
    for name in ("totals", "tokens"):
        if said[name] != again[name]:
            found = f"the {name} of the recipe {recipe} are {again[name]}, and it says {said[name]}"
            yield Problem("mixtures", layout.MANIFEST, found)


def sheet(release: Release) -> Iterator[Problem]:
    """DATASHEET.md answers every section, tells every source, and gives the rationale of every filter."""
    text, sources = release.bytes(layout.DATASHEET).decode(), release.json(layout.SOURCES)
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)[1:]
    answers = dict(zip(parts[::2], parts[1::2], strict=True))
    for heading in datasheet.SECTIONS:
        if not answers.get(heading, "").strip():
            yield Problem("datasheet", layout.DATASHEET, f"the section {heading} is missing or empty")
    for source in sources.values():
        if f"### {dataset_card.plain(source['title'])}\n" not in answers.get("Collection", ""):
            yield Problem("datasheet", layout.DATASHEET, f"it says nothing of the source {source['id']}")
    for name in sorted({name for source in sources.values() for name in source["filters"]}):
        why = FILTERS[name].rationale.strip() if name in FILTERS else ""
        if not why or f"### Filter {name}\n\n{why}" not in answers.get("Preprocessing", ""):
            yield Problem("datasheet", layout.DATASHEET, f"it does not say why there is the filter {name}")


def find_page(release: Release) -> Iterator[Problem]:
    """The page to find things lists exactly the documents that are there, with nothing of their text."""
    credited = [attribution.credit_rows(rows, layout.shard_name(shard)) for shard, rows in release.shards]
    expected = find_index.pages(release.manifest["id"], credited)
    there = {name for name in release.files if name.startswith(f"{layout.FIND}/")}
    for name in sorted(expected.keys() | there):
        if name not in there:
            yield Problem("find", name, "it is missing")
        elif name not in expected:
            yield Problem("find", name, "it is no part of the page")
        elif release.bytes(name) != expected[name]:
            yield Problem("find", name, "it does not list what is in the release, or lists more")


CHECKS: tuple[Check, ...] = (figures, croissant_file, card, mixtures, sheet, find_page)
