"""A release directory is judged by its documents: a whole one has nothing against it, and each planted fault is caught.

The digests are listed anew after each fault, as a writer with a defect would do: so what is caught is the fault, and not only
that a file was changed. One test leaves the digests as they were.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pile_assets.release import check, check_cards, dataset_card, judges, layout, manifest
from pile_assets_tests.commands import Pile
from pile_assets_tests.release.released import SECRET, reseal

CHECKS = (*check.CHECKS, *check_cards.CHECKS)


def problems(root: Path) -> list[check.Problem]:
    return check.run(CHECKS, check.Release(root))


def test_a_whole_release_has_nothing_against_it(whole: Path) -> None:
    assert problems(whole) == []


def test_the_command_says_so_and_names_what_was_not_asked(published, whole: Path) -> None:
    pile = Pile(published)
    told = pile.ask("release", "check", "--own")
    assert (told["whole"], told["release"], told["problems"]) == (True, str(whole), [])
    assert pile.run("release", "path").stdout.strip() == str(whole)


def test_a_file_changed_afterwards_does_not_have_its_digest(root: Path) -> None:
    (root / layout.NOTICE).write_text("Nothing is asked of you.")
    assert ("sums", layout.NOTICE) in {(found.check, found.place) for found in problems(root)}


# -- the faults ----------------------------------------------------------------------------------------------------


def part(root: Path, family: str = "permissive") -> Path:
    return sorted(root.glob(f"{family}/*/*/*.parquet"))[0]


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    """Change a JSON file in place."""
    content = json.loads(path.read_bytes())
    path.write_text(json.dumps(change(content) or content, indent=1, ensure_ascii=False) + "\n")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def edit_rows(path: Path, **columns: pl.Expr) -> None:
    pl.read_parquet(path, glob=False).with_columns(**columns).write_parquet(path)


def a_byte_of_a_part_file_flipped(root: Path) -> None:
    path = part(root)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def a_licence_text_missing(root: Path) -> None:
    (root / "LICENSES" / "MIT.txt").unlink()


def a_licence_text_changed(root: Path) -> None:
    replace(root / "LICENSES" / "CC-BY-4.0.txt", "Attribution 4.0", "Attribution-NoDerivatives 4.0")


def a_row_of_credit_missing(root: Path) -> None:
    path = sorted((root / layout.ATTRIBUTION).rglob("*.parquet"))[0]
    pl.read_parquet(path, glob=False)[1:].write_parquet(path)


def an_author_missing(root: Path) -> None:
    for path in (root / layout.ATTRIBUTION).rglob("permissive*.parquet"):
        edit_rows(path, authors=pl.lit(None, pl.String), credit=pl.lit(""))


def an_address_missing_in_a_document(root: Path) -> None:
    edit_rows(part(root), url=pl.lit(""))


def a_sharealike_shard_among_permissive_ones(root: Path) -> None:
    (folder,) = (root / "sharealike").glob("*/*")
    target = root / "permissive" / folder.parent.name / "permissive-stray"
    shutil.move(folder, target)


def a_licence_that_is_not_accepted(root: Path) -> None:
    edit_rows(part(root), licence=pl.lit("CC-BY-NC-4.0"))


def a_document_more_than_the_manifest_says(root: Path) -> None:
    path = part(root)
    rows = pl.read_parquet(path, glob=False)
    pl.concat([rows, rows]).write_parquet(path)


def a_shard_left_out_of_the_manifest(root: Path) -> None:
    edit(root / layout.MANIFEST, lambda manifest: manifest["shards"].pop() and None)


def a_licence_left_out_of_reuse_toml(root: Path) -> None:
    replace(root / layout.REUSE, "CC-BY-SA-4.0", "CC-BY-4.0")


def a_licence_left_out_of_the_mix(root: Path) -> None:
    edit(root / layout.MIX, lambda mix: mix["families"].pop("database") and None)


def a_prescribed_statement_left_out(root: Path) -> None:
    replace(root / layout.NOTICE, "Open Government Licence v3.0", "Open Government Licence")


def a_wrong_digest_in_croissant(root: Path) -> None:
    path = root / layout.CROISSANT
    path.write_text(re.sub(r'"sha256": "[0-9a-f]{8}', '"sha256": "00000000', path.read_text(), count=1))


def a_licence_list_that_is_not_the_mix(root: Path) -> None:
    edit(root / layout.CROISSANT, lambda card: card | {"license": ["CC-BY-SA-4.0 AND MIT"]})


def a_wrong_count_of_records(root: Path) -> None:
    edit(root / layout.CROISSANT, lambda card: card | {"size": card["size"] | {"value": card["size"]["value"] + 1}})


def a_tier_that_was_typed_in(root: Path) -> None:
    edit(root / layout.COMPOSITION, lambda said: said | {"openness": said["openness"] | {"replicable": True, "because": []}})


def a_review_level_that_is_too_good(root: Path) -> None:
    edit(root / layout.COMPOSITION, lambda said: said | {"review_share": {"verified": 1.0}})


def figures_that_are_not_the_documents(root: Path) -> None:
    edit(root / layout.COMPOSITION, lambda said: said | {"documents": said["documents"] - 1})


def a_card_whose_yaml_does_not_load(root: Path) -> None:
    replace(root / layout.CARD, "license: other", "license: [other")


def a_card_with_one_licence_for_all(root: Path) -> None:
    replace(root / layout.CARD, "license: other", "license: mit")


def a_card_that_covers_too_much(root: Path) -> None:
    replace(root / layout.CARD, "path: permissive/*/*/*.parquet", "path: '*/*/*/*.parquet'")


def told_of_a_recipe(root: Path, change: Callable[[Any], None]) -> None:
    """Change what is said of the recipe main wherever it is said, and give the manifest the id of what it says then."""
    listed = json.loads((root / layout.MANIFEST).read_bytes())
    old, section = listed["id"], dataset_card.mixtures(listed["mixtures"])
    change(listed["mixtures"]["main"])
    now = manifest.again(listed)
    (root / layout.MANIFEST).write_bytes(manifest.to_bytes(now))
    replace(root / layout.CARD, section, dataset_card.mixtures(now["mixtures"]))
    replace(root / layout.CARD, old, now["id"])


def more_tokens_than_there_are(root: Path) -> None:
    def more(recipe: Any) -> None:
        recipe["sources"]["fables"]["tokens"] += 1

    told_of_a_recipe(root, more)


def fewer_documents_drawn_than_the_weight_says(root: Path) -> None:
    def fewer(recipe: Any) -> None:
        recipe["sources"]["papers"] |= {"docs": 1, "rows": 1}

    told_of_a_recipe(root, fewer)


def a_weight_that_is_not_the_recipes(root: Path) -> None:
    def heavier(recipe: Any) -> None:
        recipe["sources"]["fables"]["weight"] = 2.0

    told_of_a_recipe(root, heavier)


def totals_of_a_mixture_that_do_not_add_up(root: Path) -> None:
    def larger(recipe: Any) -> None:
        recipe["totals"]["bytes"] *= 2

    told_of_a_recipe(root, larger)


def a_source_left_out_of_a_mixture(root: Path) -> None:
    told_of_a_recipe(root, lambda recipe: recipe["sources"].pop("papers"))


def a_recipe_left_out_of_the_manifest(root: Path) -> None:
    edit(root / layout.MANIFEST, lambda listed: listed["mixtures"].pop("cooldown") and None)


def a_card_with_other_figures_of_a_mixture(root: Path) -> None:
    replace(root / layout.CARD, "| fables | 2.25 |", "| fables | 3 |")


def a_filter_without_its_rationale(root: Path) -> None:
    path = root / layout.DATASHEET
    path.write_text(re.sub(r"(### Filter pii\n\n).*\n", r"\1It is used.\n", path.read_text()))


def a_section_of_the_datasheet_left_empty(root: Path) -> None:
    path = root / layout.DATASHEET
    path.write_text(re.sub(r"## Uses\n\n.*\n", "## Uses\n\n", path.read_text()))


def words_of_a_text_on_the_page(root: Path) -> None:
    path = sorted((root / layout.FIND / "records").iterdir())[0]
    replace(path, '"CC-BY-4.0"', json.dumps(f"CC-BY-4.0 {SECRET}"))


def a_document_missing_from_the_page(root: Path) -> None:
    replace(root / layout.FIND / "about.js", '"documents":', '"documents":1')


FAULTS: dict[Callable[[Path], None], str] = {
    a_byte_of_a_part_file_flipped: "manifest",
    a_licence_text_missing: "licence_texts",
    a_licence_text_changed: "licence_texts",
    a_row_of_credit_missing: "credits",
    an_author_missing: "credits",
    an_address_missing_in_a_document: "families",
    a_sharealike_shard_among_permissive_ones: "manifest",
    a_licence_that_is_not_accepted: "families",
    a_document_more_than_the_manifest_says: "manifest",
    a_shard_left_out_of_the_manifest: "manifest",
    a_licence_left_out_of_reuse_toml: "reuse",
    a_licence_left_out_of_the_mix: "mix",
    a_prescribed_statement_left_out: "notice",
    a_wrong_digest_in_croissant: "croissant",
    a_licence_list_that_is_not_the_mix: "croissant",
    a_wrong_count_of_records: "croissant",
    a_tier_that_was_typed_in: "figures",
    a_review_level_that_is_too_good: "figures",
    figures_that_are_not_the_documents: "figures",
    a_card_whose_yaml_does_not_load: "card",
    a_card_with_one_licence_for_all: "card",
    a_card_that_covers_too_much: "card",
    more_tokens_than_there_are: "mixtures",
    fewer_documents_drawn_than_the_weight_says: "mixtures",
    a_weight_that_is_not_the_recipes: "mixtures",
    totals_of_a_mixture_that_do_not_add_up: "mixtures",
    a_source_left_out_of_a_mixture: "mixtures",
    a_recipe_left_out_of_the_manifest: "mixtures",
    a_card_with_other_figures_of_a_mixture: "mixtures",
    a_filter_without_its_rationale: "datasheet",
    a_section_of_the_datasheet_left_empty: "datasheet",
    words_of_a_text_on_the_page: "find",
    a_document_missing_from_the_page: "find",
}
"""Fault -> the check that catches it. A fault of the documents themselves may be caught by others as well."""


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_caught(plant: Callable[[Path], None], root: Path) -> None:
    plant(root)
    reseal(root)
    caught = problems(root)
    assert FAULTS[plant] in {found.check for found in caught}, caught
    assert "sums" not in {found.check for found in caught}
    assert all(found.found for found in caught)


@pytest.mark.parametrize("plant", [plant for plant, name in FAULTS.items() if name == "mixtures"], ids=lambda one: one.__name__)
def test_a_fault_of_mixtures_is_caught_by_no_other_check_than_theirs_and_the_digest(plant: Any, root: Path) -> None:
    """So it is the documents that the figures are held against, and nothing that happens to be beside them."""
    plant(root)
    reseal(root)
    assert {found.check for found in problems(root)} <= {"mixtures", "manifest", "find"}


def test_an_id_covers_what_is_said_of_mixtures(root: Path) -> None:
    edit(root / layout.MANIFEST, lambda listed: listed["mixtures"]["main"]["sources"]["fables"].update(weight=2.0))
    assert ("manifest", layout.MANIFEST) in {(found.check, found.place) for found in problems(root)}


def test_every_check_catches_some_fault() -> None:
    names = {"croissant_file": "croissant", "sheet": "datasheet", "find_page": "find"}
    assert {names.get(one.__name__, one.__name__) for one in CHECKS} - {"sums"} == set(FAULTS.values())


def test_the_command_lists_every_problem_at_once_and_exits_1(root: Path, published) -> None:
    a_licence_text_missing(root)
    a_wrong_count_of_records(root)
    a_card_whose_yaml_does_not_load(root)
    told = Pile(published).ask("release", "check", str(root), "--own", exit_code=1)
    assert {"licence_texts", "croissant", "card", "sums"} <= {found["check"] for found in told["problems"]}
    assert "LICENSES/MIT.txt" in Pile(published).run("release", "check", str(root), "--own").stdout


# -- other people's judges -----------------------------------------------------------------------------------------


def program(name: str) -> str:
    found = judges.find(name)
    if found is None:
        pytest.skip(f"{name} is not installed: run `make judges`")
    return found


def test_reuse_has_nothing_against_a_whole_release(whole: Path) -> None:
    assert list(judges.reuse(whole, program("reuse"))) == []


def test_reuse_misses_a_licence_text(root: Path) -> None:
    a_licence_text_missing(root)
    (found,) = judges.reuse(root, program("reuse"))
    assert "MIT" in found.found


def test_a_release_that_git_ignores_is_judged_all_the_same(root: Path) -> None:
    subprocess_git(root.parent, "init", "-q")
    (root.parent / ".gitignore").write_text("release/\n")
    a_licence_text_missing(root)
    assert list(judges.reuse(root, program("reuse")))


def subprocess_git(folder: Path, *arguments: str) -> None:
    import subprocess

    subprocess.run(["git", *arguments], cwd=folder, check=True)


def test_mlcroissant_has_nothing_against_a_whole_release_not_even_a_warning(whole: Path) -> None:
    assert list(judges.mlcroissant(whole, program("mlcroissant"))) == []


def test_mlcroissant_misses_a_digest(root: Path) -> None:
    def without(card: Any) -> None:
        next(one for one in card["distribution"] if one["@type"] == "cr:FileObject").pop("sha256")

    edit(root / layout.CROISSANT, without)
    assert list(judges.mlcroissant(root, program("mlcroissant")))


def test_a_judge_that_is_not_there_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert judges.find("reuse", (tmp_path,)) is None
    (found,) = judges.reuse(tmp_path, str(tmp_path / "reuse"))
    assert "could not be run" in found.found
