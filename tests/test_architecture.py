"""What the import contracts cannot say: size, docstrings, mirrored tests, allowed imports."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = sorted(p.relative_to(ROOT) for p in (ROOT / "gateway").rglob("*.py"))
CORE = [module for module in MODULES if "core" in module.parts]
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


@cache
def text(file: Path) -> str:
    return (ROOT / file).read_text()


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse(text(module))


def lines(file: Path) -> int:
    return len(text(file).splitlines())


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(tree(module)) if isinstance(node, kinds))


def imported(module: Path) -> set[str]:
    nodes = list(ast.walk(tree(module)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


# Each looks at all files at once: a test for each file and rule was a seventh of all tests.


def test_modules_introduce_themselves() -> None:
    """Every file says what it is, in a sentence."""
    first = {m: (ast.get_docstring(tree(m)) or "").partition("\n")[0] for m in MODULES}

    assert [m for m, sentence in first.items() if not sentence.endswith((".", "?"))] == []


def test_files_are_short() -> None:
    """Every file fits in the reader's head; the tests' too."""
    assert len(MODULES) > 100 < len(TESTS)
    assert [f for f in MODULES + TESTS if lines(f) > LONGEST_FILE] == []


def test_functions_are_short() -> None:
    """No function is longer than a screen."""
    everywhere = [(module, function) for module in MODULES for function in functions(module)]
    long = [
        f"{module}: {f.name}"
        for module, f in everywhere
        if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION
    ]

    assert long == []


def test_core_is_pure() -> None:
    """The core never awaits, and imports only itself and harmless parts of the stdlib."""
    asynchronous = [
        f"{module}: {f.name}"
        for module in CORE
        for f in functions(module)
        if isinstance(f, ast.AsyncFunctionDef)
    ]
    foreign = {module: imported(module) - CORE_MAY_IMPORT - {"gateway"} for module in CORE}

    assert asynchronous == []
    assert {module: names for module, names in foreign.items() if names} == {}
    assert not CORE_MAY_IMPORT - sys.stdlib_module_names


def test_core_module_that_decides_has_its_own_tests() -> None:
    """core/link.py is tested by tests/core/test_link.py, and so on; bare values need none."""
    deciding = [module for module in CORE if any(functions(module))]
    untested = [m for m in deciding if not (ROOT / "tests" / "core" / f"test_{m.name}").exists()]

    assert untested == []
