"""A map of the configuration whose keys are all known."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


def none_is_empty(value: object) -> object:
    """Take ``notebooks:`` with nothing under it for an empty map, as its writer meant it."""
    return {} if value is None else value


class Section(BaseModel):
    """A map whose keys are all known."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_all_defaults(cls, value: object) -> object:
        return none_is_empty(value)
