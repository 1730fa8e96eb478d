"""The configuration in effect, written out: what holds, and where it was said."""

import re
from collections.abc import Iterator

import yaml

from gateway.config.document import Document, Path, Value, dotted
from gateway.config.keys import Keys


def effective(keys: Keys) -> dict[str, Value]:
    """Return what holds as the file would say it; a password in the store's URL is blotted out."""
    values: dict[str, Value] = keys.model_dump(mode="json", exclude_none=True)
    values["store"] = re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", keys.store)
    return values


def origins(values: dict[str, Value], document: Document) -> dict[str, Value]:
    """Return every single value by its dotted path, with where it was written."""
    return {
        dotted(path): {"value": value, "origin": _origin(document, path)}
        for path, value in _leaves(values, ())
    }


def written(values: dict[str, Value], document: Document | None) -> str:
    """Return ``values`` as YAML; with a document, each line says where its value was written."""
    return "\n".join(_lines(values, (), document))


def _lines(values: dict[str, Value], path: Path, document: Document | None) -> Iterator[str]:
    indent = "  " * len(path)
    for key, value in values.items():
        here = (*path, key)
        if isinstance(value, dict) and value:
            yield f"{indent}{_flow(key)}:"
            yield from _lines(value, here, document)
        else:
            line = f"{indent}{_flow(key)}: {_flow(value)}"
            yield line if document is None else f"{line}  # {_origin(document, here)}"


def _flow(value: Value) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _leaves(values: dict[str, Value], path: Path) -> Iterator[tuple[Path, Value]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _origin(document: Document, path: Path) -> str:
    """Return where the value was written: at its own path, or in a variable or line that holds it."""
    return str(document.origins[path]) if path in document.origins else _holder(document, path)


def _holder(document: Document, path: Path) -> str:
    around = document.origin(path[:-1])
    here: Value = document.root
    for key in path:
        here = here.get(str(key)) if isinstance(here, dict) else None
    return "default" if here is None else str(around)
