"""No dependency is older than the last advisory that concerns us: as installed, and as locked (threat T15)."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from packaging.version import Version

LOCKS: Final = sorted((Path(__file__).parent.parent / "requirements").glob("*.txt"))
PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)
FLOORS: Final = {
    "asyncssh": "2.24.0",  # packets of no size, endless banners
    "authlib": "1.9.0",  # CVE-2026-28802, CVE-2026-28498
    "h11": "0.16.0",  # CVE-2025-43859
    "jupyter-server": "2.20.0",  # CVE-2026-35397, CVE-2026-40110; of the demo
    "python-multipart": "0.0.27",  # CVE-2026-40347, CVE-2026-42561
    "starlette": "1.0.1",  # CVE-2026-48710
}


@pytest.mark.parametrize(("name", "floor"), FLOORS.items(), ids=FLOORS)
def test_t15_what_is_installed_is_no_older(name: str, floor: str) -> None:
    assert Version(version(name)) >= Version(floor)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_t15_what_is_locked_is_no_older(lock: Path) -> None:
    locked = dict(PINNED.findall(lock.read_text()))

    assert locked
    for name in FLOORS.keys() & locked.keys():
        assert Version(locked[name]) >= Version(FLOORS[name]), name


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_t15_everything_locked_is_pinned_by_its_hash(lock: Path) -> None:
    """So that nobody's package of the same name and version gets in; and no place to get it from is named."""
    text = lock.read_text()

    for requirement in text.replace("\\\n", " ").splitlines():
        if PINNED.match(requirement):
            assert "--hash=sha256:" in requirement, requirement[:60]
    assert "://" not in re.sub(r"#.*", "", text)
