"""Dockerfiles keep to what BuildKit of Docker 20.10 understands, without asking a registry."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILES = sorted(path.relative_to(ROOT) for path in (ROOT / "images").rglob("Dockerfile"))
TOO_NEW = (
    r"^#\s*syntax=",
    r"<<-?['\"]?EOF",
    r"COPY .*--(link|parents|exclude)",
    r"RUN .*--(network|security)",
    r"ADD .*--(checksum|keep-git-dir)",
    r"type=secret,\S*env=",
    r"HEALTHCHECK .*--start-interval",
)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
@pytest.mark.parametrize("feature", TOO_NEW)
def test_feature_is_not_used(dockerfile: Path, feature: str) -> None:
    """It would fetch a frontend from a registry, or fail to parse."""
    assert not re.search(feature, (ROOT / dockerfile).read_text(), re.MULTILINE)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_base_image_can_be_chosen(dockerfile: Path) -> None:
    """Every stage stands on BASE_IMAGE or on a stage before it."""
    text = (ROOT / dockerfile).read_text()
    stages = set(re.findall(r"^FROM .* AS (\w+)$", text, re.MULTILINE))

    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= {"${BASE_IMAGE}", *stages}
