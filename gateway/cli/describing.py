"""The reference pages, made from the declared keys and the declared commands."""

from collections.abc import Iterator
from typing import Final

from typer.core import TyperCommand, TyperGroup

from gateway.cli.exits import Exit
from gateway.config.keys import Keys
from gateway.config.schema import schema
from gateway.config.section import Section
from gateway.config.shape import is_section, shape_at

CONFIGURATION_INTRODUCTION: Final = """\
# Configuration

One file, `gateway.yaml`; `gateway check` finds every problem in it at once. The same as JSON Schema, for editors:
[gateway.schema.json](gateway.schema.json). This page is made from the code by `make docs`.

- **YAML, strictly**: `true` and `false` are the only booleans, a key may stand only once, tags are refused. Unknown
  keys are errors.
- **Names** of remotes, notebooks, members and groups are a to z, 0 to 9 and dashes inside.
- **Durations** carry their unit: `500ms`, `5s`, `10m`, `8h`, `30d`; so do **sizes**: `512B`, `64KiB`, `1MiB`.
- **Files** are found from the folder of `gateway.yaml`. They must be there and readable when the file is checked;
  secrets are read when they are used.
- **Private keys** (`identity`, `tls.key`), keytabs and Kerberos caches that belong to the gateway's own user must be
  readable by it alone, as OpenSSH wants (`chmod 600`). Mounted secrets that belong to somebody else (Compose and Swarm mount them as root's,
  0444; Kubernetes 0440) are taken as they are, as long as nobody else may write them: in the container the gateway
  is alone with them, and on the host it is the folder above that must keep others out.
- **Variables** override single keys: `GATEWAY_NOTEBOOKS__ALICE__PORT=7002`. Two underscores lead into a map; one
  stands for a dash in a name, or for itself in the name of a login that the file has. Lists and maps are written
  `[a, b]` and `{a: 1}`. `GATEWAY_CONFIG`, `GATEWAY_URL`, `GATEWAY_TOKEN`, `GATEWAY_TOKEN_FILE`, `GATEWAY_DEMO_*`, `GATEWAY_TEST_*`, those of the Compose files
  (`GATEWAY_VERSION`, `GATEWAY_UID`, …) and those that Kubernetes makes of a Service called gateway are no keys; any
  other that begins with `GATEWAY_` and names none is an error.
"""


def configuration_page() -> str:
    """Return the page that describes every key."""
    parts = [CONFIGURATION_INTRODUCTION, *_sections(Keys, "")]
    return "\n".join(parts).rstrip() + "\n"


def _sections(section: type[Section], name: str) -> Iterator[str]:
    yield _section(section, name)
    for key in section.model_fields:
        path = f"{name}.{key}".lstrip(".")
        shape = shape_at(tuple(path.replace("NAME", "name").split(".")))
        if shape is not None and not is_section(shape) and shape_at((*path.split("."), "x")):
            inner = shape_at((*path.split("."), "NAME"))
            path, shape = f"{path}.NAME", inner if inner is not None else shape
        if is_section(shape):
            yield from _sections(shape, path)


def _section(section: type[Section], name: str) -> str:
    keys = _properties(section)
    lines = [f"## {f'`{name}`' if name else 'The file'}", "", section.__doc__ or "", ""]
    lines += ["| key | value | default | what |", "|---|---|---|---|"]
    required = {key for key, field in section.model_fields.items() if field.is_required()}
    for key, about in keys.items():
        words = section.model_fields[key].description
        default = "**required**" if key in required else _default(about.get("default"))
        lines.append(f"| `{key}` | {_kind(about)} | {default} | {_cell(words)} |")
    return "\n".join([*lines, ""])


def _properties(section: type[Section]) -> dict[str, dict[str, object]]:
    described = schema()
    definitions = described["$defs"]
    own = definitions.get(section.__name__) if isinstance(definitions, dict) else None
    found = (own or described)["properties"]
    return found if isinstance(found, dict) else {}


def _kind(about: dict[str, object]) -> str:
    """Return in a word or two what may stand there."""
    arms = about.get("anyOf")
    if isinstance(arms, list):
        return " or ".join(kind for kind in map(_kind, arms) if kind)
    if "const" in about:
        return f"`{about['const']}`"
    if "enum" in about and isinstance(about["enum"], list):
        return " ".join(f"`{word}`" for word in about["enum"])
    if "$ref" in about:
        return _referred(str(about["$ref"]))
    return _typed(about)


def _referred(reference: str) -> str:
    definitions = schema()["$defs"]
    found = definitions.get(reference.rpartition("/")[2]) if isinstance(definitions, dict) else {}
    return _kind(found) if isinstance(found, dict) and "enum" in found else "map"


def _typed(about: dict[str, object]) -> str:
    pattern, kind = str(about.get("pattern", "")), about.get("type")
    if kind == "string" and "ms|s|m" in pattern:
        return "duration"
    if kind == "string" and "KiB" in pattern:
        return "size"
    words = {
        "string": "text",
        "integer": "number",
        "boolean": "true, false",
        "array": "list",
        "object": "map",
    }
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(words[word] for word in kinds if word in words)


def _default(value: object) -> str:
    if value is None or value in ("", [], {}) or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: object) -> str:
    return str(text or "").replace("|", "\\|")


def commands_page(root: TyperGroup) -> str:
    """Return the page that describes every command of ``root``."""
    lines = ["# Commands", "", "This page is made from the code by `make docs`.", ""]
    lines += [
        "Data goes to stdout, talk to stderr. `-o json` prints lists for programs. `NO_COLOR` is honoured.",
        "",
    ]
    lines += ["| exit code | means |", "|---|---|"]
    lines += [f"| {code.value} | {code.meaning} |" for code in Exit]
    lines += ["", "`gateway --install-completion` teaches your shell to complete commands.", ""]
    lines += _commands(root, "gateway")
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: TyperGroup, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            if command.invoke_without_command:
                yield from _command(command, f"{path} {name}")
            yield from _commands(command, f"{path} {name}")
        elif isinstance(command, TyperCommand) and not command.hidden:
            yield from _command(command, f"{path} {name}")


def _command(command: TyperCommand | TyperGroup, path: str) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    usage = context.get_usage().removeprefix("Usage: ").strip()
    yield f"## `{path}`"
    yield ""
    yield command.help or ""
    yield ""
    yield f"    {' '.join(usage.split())}"
    yield ""
    records = [parameter.get_help_record(context) for parameter in command.params]
    shown = [record for record in records if record is not None]
    if shown:
        yield "| | |"
        yield "|---|---|"
        yield from (
            f"| `{_cell(name)}` | {_cell(' '.join(text.split()))} |" for name, text in shown
        )
        yield ""
