"""gateway.config.document: strict YAML, its lines, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.document import MAX_DEPTH, MAX_VALUES, dotted, read, read_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("22:22", "22:22"),
        ("1_000", "1_000"),
        ("0777", 777),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
        ("-7", -7),
        ("2.5", 2.5),
        ("~", None),
        ("", None),
        ("2026-01-01", "2026-01-01"),
        ('"7001"', "7001"),
        ("=", "="),
        ("[a, 1]", ["a", 1]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
    ],
)
def test_reads_values_as_yaml_1_2_and_guesses_nothing(text: str, value: object) -> None:
    assert read_value(text, "x") == value


def test_knows_the_line_of_every_key_and_item() -> None:
    document = read("a:\n  b: 1\n  c:\n    - x\n    - y\n", "f.yaml")

    assert str(document.origin(("a",))) == "f.yaml:1"
    assert str(document.origin(("a", "b"))) == "f.yaml:2"
    assert str(document.origin(("a", "c", 1))) == "f.yaml:5"


def test_a_missing_key_is_looked_for_where_it_should_stand() -> None:
    document = read("a: 1\nb:\n  c: 2\n", "f.yaml")

    assert str(document.origin(("b", "missing", "deep"))) == "f.yaml:2"
    assert str(document.origin(("elsewhere",))) == "f.yaml:1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "f.yaml:2: a is given twice: see line 1"),
        ("a:\n  b: 1\n  b: 1\n", "f.yaml:3: a.b is given twice: see line 2"),
        ("[a]: 1\n", "f.yaml:1: a key must be a single word"),
        ("x: 1\n? {a: b}\n: 1\n", "f.yaml:2: a key must be a single word"),
    ],
)
def test_names_keys_that_are_no_good(text: str, problem: str) -> None:
    document = read(text, "f.yaml")

    assert document.readable
    assert [f"{origin}: {words}" for origin, words in document.problems] == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f.yaml:1: the file must hold a map of keys, such as server and remotes"),
        ("- a\n", "f.yaml:1: the file must hold a map of keys, such as server and remotes"),
        ("a: 1\nb: c: d\n", "f.yaml:2: mapping values are not allowed here"),
        (
            "a: 1\n---\nb: 1\n",
            "f.yaml:2: expected a single document in the stream, but found another document",
        ),
        (
            "a:\n\tb: 1\n",
            "f.yaml:2: while scanning for the next token, found character '\\t' that cannot start any token",
        ),
        ("a: *nobody\n", "f.yaml:1: found undefined alias 'nobody'"),
        ("a: 1\nb: \x07\n", "f.yaml:2: the character U+0007 may not stand in YAML"),
    ],
)
def test_says_where_it_cannot_be_read(text: str, problem: str) -> None:
    document = read(text, "f.yaml")

    assert not document.readable
    assert [f"{origin}: {words}" for origin, words in document.problems] == [problem]


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system [id]",
        "!!python/name:os.system",
        "!!binary aGk=",
        "!!int '3'",
        "!env HOME",
        "!<tag:yaml.org,2002:python/none> x",
    ],
)
def test_g9_refuses_every_tag(tag: str) -> None:
    """Threat G9: no object is ever made from a file."""
    document = read(f"a: 1\nb: {tag}\n", "f.yaml")

    assert not document.readable
    assert "is not taken; values need none" in document.problems[0][1]
    assert document.problems[0][0].line == 2


def test_g9_refuses_an_alias_bomb() -> None:
    """Threat G9: a few lines that stand for billions of values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]

    document = read("\n".join(lines), "f.yaml")

    assert document.problems[0][1] == f"more than {MAX_VALUES} values, aliases expanded"


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: " + "[" * 5000])
def test_refuses_what_is_nested_without_end(text: str) -> None:
    document = read(text, "f.yaml")

    assert not document.readable
    assert document.problems[0][1] == f"nested deeper than {MAX_DEPTH}"


def test_takes_an_honest_alias() -> None:
    document = read("a: &team [group:lab]\nb: *team\n", "f.yaml")

    assert document.root == {"a": ["group:lab"], "b": ["group:lab"]}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever stands in a file, reading it ends in a document and nothing else."""
    document = read(text, "f.yaml")

    assert document.readable or document.problems


def test_paths_are_written_as_people_do() -> None:
    assert dotted(("notebooks", "alice", "use", 0)) == "notebooks.alice.use[0]"
    assert dotted(()) == ""
