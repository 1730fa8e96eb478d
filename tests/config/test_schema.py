"""gateway.config.schema: the form of the file, for editors."""

from gateway.config import schema
from gateway.config.keys import Keys


def test_every_key_is_described() -> None:
    """Each key says in a sentence what it is."""
    definitions = schema()["$defs"]

    assert isinstance(definitions, dict)
    sections = [s for s in definitions.values() if "properties" in s]
    keys = [key for section in sections for key in section["properties"].values()]
    assert all(key.get("description", "").endswith(".") for key in keys)
    assert len(keys) > 50


def test_names_are_constrained_and_unknown_keys_refused() -> None:
    described = schema()
    properties = described["properties"]

    assert described["additionalProperties"] is False
    assert isinstance(properties, dict)
    assert set(properties) == set(Keys.model_fields)
    assert (
        "propertyNames" in properties["notebooks"] or "patternProperties" in properties["notebooks"]
    )


def test_defaults_are_written_as_in_the_file() -> None:
    definitions = schema()["$defs"]

    assert isinstance(definitions, dict)
    assert definitions["ServerKeys"]["properties"]["grace"]["default"] == "10s"
    assert definitions["LimitsKeys"]["properties"]["head"]["default"] == "64KiB"
