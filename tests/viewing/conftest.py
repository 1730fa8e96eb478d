"""What the viewing tests share: one gateway and its two Jupyters, and a Chromium."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import browser, window
from tests.viewing.house import House, opened

__all__ = ["browser", "window"]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("viewing")) as running:
        yield running
