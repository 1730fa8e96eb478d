"""The shape of the declared keys: what may stand at a path, asked when explaining and overriding."""

from types import UnionType
from typing import Annotated, TypeGuard, Union, get_args, get_origin

from gateway.config.document import Path
from gateway.config.keys import Keys
from gateway.config.section import Section

Shape = object
"""A section, or the annotation of a value: ``dict[Name, RemoteKeys]``, ``list[Text]``, ``Port``."""


def shape_at(path: Path) -> Shape | None:
    """Return what may stand at ``path``, or None where nothing may."""
    shape: Shape | None = Keys
    for key in path:
        shape = _inside(shape, key)
        if shape is None:
            return None
    return shape


def keys_of(shape: Shape) -> tuple[str, ...]:
    """Return the keys of a section; a map of names has none of its own."""
    return tuple(shape.model_fields) if is_section(shape) else ()


def is_section(shape: Shape) -> TypeGuard[type[Section]]:
    """Say whether ``shape`` is a map whose keys are all known."""
    return isinstance(shape, type) and issubclass(shape, Section)


def is_map(shape: Shape) -> bool:
    """Say whether ``shape`` is a map whose keys are names that people give."""
    return get_origin(shape) is dict


def takes_text(shape: Shape) -> bool:
    """Say whether a single text is what belongs there, whatever it looks like."""
    return shape is str


def _inside(shape: Shape, key: str | int) -> Shape | None:
    if is_section(shape):
        field = shape.model_fields.get(str(key))
        return None if field is None else _bare(field.annotation)
    if get_origin(shape) in {dict, list}:
        return _bare(get_args(shape)[-1])
    return None


def _bare(shape: Shape) -> Shape:
    """Return the annotation without what validates it, and without ``| None``."""
    while get_origin(shape) is Annotated:
        shape = get_args(shape)[0]
    if get_origin(shape) in {Union, UnionType}:
        return _bare(next(arm for arm in get_args(shape) if arm is not type(None)))
    return shape
