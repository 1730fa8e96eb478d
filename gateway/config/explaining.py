"""What pydantic found wrong, in our words, with the key that was probably meant."""

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.config.document import Path, Problem, dotted
from gateway.config.shape import is_section, keys_of, shape_at
from gateway.core.suggest import did_you_mean

_PLAINLY: Final = {
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list: [a, b]",
    "dict_type": "must be a map",
    "model_type": "must be a map",
    "missing": "is missing",
    "greater_than_equal": "{given} is too small: at least {ge}",
    "less_than_equal": "{given} is too large: at most {le}",
    "string_type": "must be text; write it in quotes",
}


def explain(invalid: ValidationError) -> Iterator[Problem]:
    """Yield a problem for each error, in the words of the file and not of its reader."""
    for error in invalid.errors(include_url=False):
        path = _path(error)
        yield Problem(path, f"{dotted(path) or 'the file'}: {_words(error, path)}")


def _path(error: ErrorDetails) -> Path:
    path = error["loc"]
    return path[:-1] if path[-1:] == ("[key]",) else path  # pydantic's mark for a key itself


def _words(error: ErrorDetails, path: Path) -> str:
    given, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"no such key{_nearest_key(path)}"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return _choice(given, str(context["expected"]))
        case kind:
            return _PLAINLY.get(kind, error["msg"].lower()).format(given=given, **context)


def _choice(given: object, expected: str) -> str:
    choices = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    allowed = ", ".join(choices)
    hint = did_you_mean(given, choices) if isinstance(given, str) else ""
    return (
        f"{_shown(given)} is not one of {allowed}{hint}"
        if len(choices) > 1
        else f"must be {allowed}"
    )


def _shown(given: object) -> str:
    return str(given).lower() if isinstance(given, bool) else str(given)


def _nearest_key(path: Path) -> str:
    around = shape_at(path[:-1])
    return did_you_mean(str(path[-1]), keys_of(around)) if is_section(around) else ""
