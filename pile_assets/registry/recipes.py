"""Mixing recipes: how much of each source a training run sees. Each is a reviewed file, `mixtures/<recipe>.yaml`.

What belongs here: what a recipe may hold, reading one, and which weight it gives a source. What may not: which documents a
weight stands for (`shards.mixture`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from pile_assets.errors import PileError, RegistryError
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.registry.models import Mixture, Name, Part, Record, Text
from pile_assets.registry.plain_yaml import read_yaml

FOLDER = "mixtures"

RELEASED = ("cooldown", "main")
"""The recipes of which every release says what they make of it."""

Weight = Annotated[float, Field(ge=0, le=64)]
"""Copies of each document, the fraction being a share of the documents; 0 leaves a source out."""


class Recipe(Part):
    """One recipe. `others` is the weight of sources it does not list, or `record`: what their records say for it."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    id: Name
    title: Text
    description: Text
    others: Weight | Literal["record"] = "record"
    weights: dict[Name, Weight]

    def weight(self, source: str, record: Record | None) -> float:
        """The weight of a source: the recipe's own, else that of `others`, where a record that says nothing means 1."""
        if source in self.weights:
            return self.weights[source]
        if self.others != "record":
            return self.others
        own = (record.mixture if record else Mixture()).model_dump()
        return float(own.get(self.id, 1.0))


def known(folder: Path) -> list[str]:
    """The recipes of a registry and those that come with this package, by name."""
    paths = [*(folder / FOLDER).glob("*.yaml"), *(DEFAULT_FOLDER / FOLDER).glob("*.yaml")]
    return sorted({path.stem for path in paths})


def read_recipe(folder: Path, name: str) -> Recipe:
    """A recipe by its name; one of the registry's own stands before one that comes with this package.

    Raises PileError, naming every field at fault, where there is none or it cannot be used.
    """
    if name not in known(folder):
        raise PileError(f"There is no recipe {name!r}.", remedy=f"Known are {', '.join(known(folder))}.")
    path = folder / FOLDER / f"{name}.yaml"
    if not path.exists():
        path = DEFAULT_FOLDER / FOLDER / f"{name}.yaml"
    try:
        recipe = Recipe.model_validate(read_yaml(path))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'recipe'}: {item['msg']}" for item in error.errors())
        raise PileError(f"{FOLDER}/{path.name} is refused: {problems}.", remedy="Mend the file, then try again.") from error
    except ValueError as error:
        raise PileError(f"{FOLDER}/{path.name}: {error}.", remedy="Mend the file, then try again.") from error
    if recipe.id != name:
        raise PileError(f"{FOLDER}/{path.name} says it is {recipe.id!r}.", remedy="Rename the file or change its id.")
    return recipe


def weights(recipe: Recipe, records: Mapping[str, Record], sources: set[str]) -> dict[str, float]:
    """The weight of each of some sources, in their order by name."""
    return {source: recipe.weight(source, records.get(source)) for source in sorted(sources)}


def read_released(folder: Path) -> tuple[dict[str, Recipe], tuple[RegistryError, ...]]:
    """Those of `RELEASED` that can be used, and what is wrong with the others."""
    found: dict[str, Recipe] = {}
    problems = []
    for name in RELEASED:
        try:
            found[name] = read_recipe(folder, name)
        except PileError as error:
            remedy = f"{error.remedy} Until then a release does not say what the recipe {name} makes of it."
            problems.append(RegistryError(error.cause, remedy=remedy))
    return found, tuple(problems)
