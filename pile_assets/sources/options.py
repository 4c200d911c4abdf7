"""A source record's options, checked against the model its module declares, before anything is asked or read.

Only the check and its error belong here; each module declares its own model, whose docstrings are the documentation of
its options.
"""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pile_assets.errors import RegistryError
from pile_assets.sources.model import SourceContext


class Options(BaseModel):
    """Base of every module's options: an option nobody reads is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


BaseUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"), AfterValidator(lambda url: url.rstrip("/"))]
"""Where a publisher, or a mirror with its layout, is found; kept without a slash at the end."""

Model = TypeVar("Model", bound=Options)


def read_options(context: SourceContext, model: type[Model]) -> Model:
    """The options of a record. Raises RegistryError listing every option at fault."""
    try:
        return model.model_validate(dict(context.options))
    except ValidationError as error:
        problems = [f"options.{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise RegistryError(
            f"The options cannot be used: {'; '.join(problems)}.",
            remedy=f"Mend `options` in {context.source}.yaml; the connector's options are described in its module.",
            source=context.source,
            problems=problems,
        ) from error
