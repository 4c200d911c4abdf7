"""Recipes are reviewed files: those of Common Pile come with the package, and a mistake in one is named."""

from pathlib import Path

import pytest

from pile_assets.errors import PileError
from pile_assets.registry.load import DEFAULT_FOLDER, load
from pile_assets.registry.models import Mixture
from pile_assets.registry.recipes import known, read_recipe, weights

RECORDS = load(DEFAULT_FOLDER).records

TOKENS = {  # 10^9 of Comma's tokenizer in each part of Common Pile v0.1, from the published table
    "arxiv_abstracts": 0.57,
    "arxiv_papers": 6.0,
    "biodiversity_heritage_library": 9.8,
    "caselaw_access_project": 19.7,
    "cccc": 15.2,
    "data_provenance_initiative": 0.92,
    "doab": 3.0,
    "foodista": 0.025,
    "github_archive": 11.0,
    "library_of_congress": 9.5,
    "libretexts": 0.093,
    "news": 0.064,
    "oercommons": 0.012,
    "pes2o": 43.3,
    "pre_1929_books": 12.4,
    "pressbooks": 0.14,
    "project_gutenberg": 5.7,
    "public_domain_review": 0.0017,
    "pubmed": 36.6,
    "python_peps": 0.0027,
    "regulations": 1.4,
    "stackexchange": 23.9,
    "stackv2_edu": 67.8,
    "stackv2_html": 1.2,
    "ubuntu_irc": 1.9,
    "uk_hansard": 2.3,
    "usgpo": 8.8,
    "uspto": 157.4,
    "wikimedia": 15.8,
    "wikiteam": 4.3,
    "youtube": 4.7,
}


@pytest.mark.parametrize(("name", "effective"), [("main", 1_034), ("cooldown", 39.5)])
def test_the_weights_of_common_pile_come_to_its_effective_tokens(name: str, effective: float) -> None:
    recipe = read_recipe(DEFAULT_FOLDER, name)
    assert recipe.weights.keys() == TOKENS.keys()
    assert sum(TOKENS[source] * weight for source, weight in recipe.weights.items()) == pytest.approx(effective, rel=0.01)


def test_a_source_the_recipe_does_not_list_has_the_weight_of_its_record() -> None:
    record = RECORDS["python_distributions"]
    recipe = read_recipe(DEFAULT_FOLDER, "main")
    assert "python_distributions" not in recipe.weights
    assert recipe.weight("python_distributions", record) == record.mixture.main
    assert recipe.weight("nowhere", None) == 1.0


def test_what_the_recipe_lists_stands_before_what_the_record_says() -> None:
    record = RECORDS["python_peps"].model_copy(update={"mixture": Mixture(main=3.0)})
    assert read_recipe(DEFAULT_FOLDER, "main").weight("python_peps", record) == 6


HEAD = "schema: 1\nid: even\ntitle: Even\ndescription: All alike.\n"


def own(folder: Path, text: str) -> Path:
    (folder / "mixtures").mkdir()
    (folder / "mixtures" / "even.yaml").write_text(text)
    return folder


def test_a_registry_may_have_recipes_of_its_own(tmp_path: Path) -> None:
    text = "schema: 1\nid: even\ntitle: Even\ndescription: All alike.\nothers: 0.5\nweights: {songs: 2}\n"
    recipe = read_recipe(own(tmp_path, text), "even")
    assert weights(recipe, {}, {"songs", "fables"}) == {"fables": 0.5, "songs": 2.0}
    assert known(tmp_path) == ["cooldown", "even", "main"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "schema: 1\nid: even\ntitle: E\ndescription: E\nweights: {songs: -1}\n",
            r"weights.songs: .*greater than or equal to 0",
        ),
        (HEAD + "weights: {songs: 65}\n", r"weights.songs: .*less than or equal to 64"),
        (HEAD + "weight: {}\n", r"weights: Field required; weight: Extra inputs"),
        ("schema: 1\nid: odd\ntitle: E\ndescription: E\nweights: {}\n", r"says it is 'odd'"),
        ("schema: [", "not readable as YAML"),
    ],
)
def test_a_recipe_that_cannot_be_used_names_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(PileError, match=told):
        read_recipe(own(tmp_path, text), "even")


def test_an_unknown_recipe_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(PileError, match="There is no recipe 'mian'") as raised:
        read_recipe(tmp_path, "mian")
    assert "cooldown, main" in raised.value.remedy
