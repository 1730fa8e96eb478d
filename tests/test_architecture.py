"""What the import contracts cannot say: size, docstrings, mirrored tests, allowed imports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(p.relative_to(ROOT) for p in (ROOT / "gateway").rglob("*.py"))
TESTS = sorted(p.relative_to(ROOT) for p in (ROOT / "tests").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
CORE_MAY_IMPORT = {
    "base64",
    "binascii",
    "collections",
    "dataclasses",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "html",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "re",
    "shlex",
    "stat",
    "typing",
    "urllib",
    "zlib",
}


def tree(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(tree(module)) if isinstance(node, kinds))


def imported(module: Path) -> set[str]:
    nodes = list(ast.walk(tree(module)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_is_short_and_introduces_itself(module: Path) -> None:
    """Every file says what it is, in a sentence, and fits in the reader's head."""
    first = (ast.get_docstring(tree(module)) or "").partition("\n")[0]

    assert first.endswith((".", "?"))
    assert len((ROOT / module).read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("file", TESTS, ids=str)
def test_test_files_fit_in_the_head_too(file: Path) -> None:
    assert len((ROOT / file).read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_functions_are_short(module: Path) -> None:
    """No function is longer than a screen."""
    long = [f.name for f in functions(module) if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION]

    assert long == []


@pytest.mark.parametrize("module", [m for m in MODULES if "core" in m.parts], ids=str)
def test_core_is_pure(module: Path) -> None:
    """The core never awaits, and imports only itself and harmless parts of the stdlib."""
    asynchronous = [f.name for f in functions(module) if isinstance(f, ast.AsyncFunctionDef)]

    assert asynchronous == []
    assert not imported(module) - CORE_MAY_IMPORT - {"gateway"}
    assert not CORE_MAY_IMPORT - sys.stdlib_module_names


@pytest.mark.parametrize("module", [m for m in MODULES if "core" in m.parts], ids=str)
def test_core_module_that_decides_has_its_own_tests(module: Path) -> None:
    """core/link.py is tested by tests/core/test_link.py, and so on; bare values need none."""
    if any(functions(module)):
        assert (ROOT / "tests" / "core" / f"test_{module.name}").exists()
