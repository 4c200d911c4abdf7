"""A source record's options, checked against the model its module declares, before anything is asked or read.

Only the check and its error belong here; each module declares its own model, whose docstrings are the documentation of
its options.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pile_assets.errors import RegistryError

if TYPE_CHECKING:
    from pile_assets.sources.model import SourceContext


class Options(BaseModel):
    """Base of every module's options: an option nobody reads is a mistake, never ignored.

    `ASKING` names those that say where, for what and how patiently to ask, and shape nothing of a partition of a given
    upstream version: changing one of them has no partition worked again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ASKING: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def problems(cls, options: Mapping[str, Any]) -> list[str]:
        """Every option at fault; empty where they can be used."""
        try:
            cls.model_validate(dict(options))
        except ValidationError as error:
            return [f"{'.'.join(['options', *map(str, problem['loc'])])}: {problem['msg']}" for problem in error.errors()]
        return []

    @classmethod
    def shaping(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that belong in the key of what is made of a partition."""
        return {name: value for name, value in options.items() if name not in cls.ASKING}


BaseUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"), AfterValidator(lambda url: url.rstrip("/"))]
"""Where a publisher, or a mirror with its layout, is found; kept without a slash at the end."""

Model = TypeVar("Model", bound=Options)


def read_options(context: "SourceContext", model: type[Model]) -> Model:
    """The options of a record. Raises RegistryError listing every option at fault."""
    check_options(context.source, context.options, model)
    return model.model_validate(dict(context.options))


def check_options(source: str, options: Mapping[str, Any], model: type[Options]) -> None:
    """Raises RegistryError listing every option at fault."""
    if problems := model.problems(options):
        raise RegistryError(
            f"The options cannot be used: {'; '.join(problems)}.",
            remedy=f"Mend `options` in {source}.yaml or the override; the connector's options are described in its module.",
            source=source,
            problems=problems,
        )
