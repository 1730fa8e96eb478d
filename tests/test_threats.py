"""Every case of the threat model has tests that bear its id, and docs/explanation/threat-cases.md says where."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
PAGE: Final = TESTS.parent / "docs/explanation/threat-cases.md"
CASES: Final = {"A": 19, "B": 20, "C": 9, "D": 17, "E": 11, "F": 12, "G": 10}

ROW: Final = re.compile(r"\| ([A-G]\d{1,2}) \| .+ \| .+ \| (.+) \|")
FILE: Final = re.compile(r"`([\w/]+\.py)`")
NODE: Final = re.compile(r"tests/(\S+?\.py)::test_((?:[a-g]\d{1,2}_)*)\w*(?:\[(.*)\])?")
OF_PARAMETER: Final = re.compile(r"(?:^|-)([A-G]\d{1,2})(?=[ -]|$)")
IN_NAME: Final = re.compile(r"def test_((?:[a-g]\d{1,2}_)+)")


def rows() -> dict[str, set[str]]:
    """Return the files that the page names for each case."""
    found = (ROW.fullmatch(line) for line in PAGE.read_text().splitlines())
    return {row[1]: set(FILE.findall(row[2])) for row in found if row is not None}


def ids(marks: str) -> set[str]:
    return {mark.upper() for mark in marks.split("_") if mark}


def borne() -> dict[str, set[str]]:
    """Return the files in which pytest finds tests that bear each id, among those that the page names."""
    files = sorted(f"tests/{file}" for file in set().union(*rows().values()))
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *files], cwd=TESTS.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    bearing: dict[str, set[str]] = defaultdict(set)
    for node in filter(None, map(NODE.fullmatch, done.stdout.splitlines())):
        for case in ids(node[2]) | set(OF_PARAMETER.findall(node[3] or "")):
            bearing[case].add(node[1])
    return bearing


def test_every_case_is_on_the_page() -> None:
    every = {f"{letter}{number}" for letter, most in CASES.items() for number in range(1, most + 1)}

    assert set(rows()) == every
    assert [case for case, files in rows().items() if not files] == []


@pytest.mark.thorough
def test_every_file_on_the_page_holds_tests_of_its_case() -> None:
    bearing = borne()

    for case, files in rows().items():
        assert files <= bearing[case], case


def test_every_test_that_bears_an_id_is_on_the_page() -> None:
    known = rows()
    for file in sorted(TESTS.rglob("test_*.py")):
        name = str(file.relative_to(TESTS))
        for marks in IN_NAME.findall(file.read_text()):
            for case in ids(marks):
                assert name in known[case], f"{case}: {name}"
