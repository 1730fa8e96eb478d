"""The JSON Schema of ``gateway.yaml``, for editors."""

from gateway.config.keys import Keys
from gateway.config.section import Section


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of the configuration."""
    described = Keys.model_json_schema()
    for section in Section.__subclasses__():
        _write_defaults(section, described["$defs"].get(section.__name__, described)["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gateway.yaml",
        **_untitled(described),
    }


def _write_defaults(section: type[Section], keys: dict[str, dict[str, object]]) -> None:
    """Write the defaults as the file would: ``10s`` and not 10.0."""
    defaults = section.model_construct().model_dump(mode="json", warnings=False)
    for name, key in keys.items():
        if "default" in key:
            key["default"] = defaults[name]


def _untitled(node: dict[str, object]) -> dict[str, object]:
    """Return ``node`` without the titles that pydantic makes of Python's names."""
    return {key: _deep(value) for key, value in node.items() if not _is_title(key, value)}


def _deep(value: object) -> object:
    if isinstance(value, dict):
        return _untitled(value)
    return [_deep(item) for item in value] if isinstance(value, list) else value


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)
