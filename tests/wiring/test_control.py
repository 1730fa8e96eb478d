"""gateway.wiring.control: the control plane's socket is private, and gone in the end."""

import asyncio
import stat

import pytest

from gateway.wiring.control import ControlDialer, private_socket

pytestmark = pytest.mark.anyio


async def test_only_its_own_user_may_open_it() -> None:
    with private_socket() as (_, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    assert not path.parent.exists()


async def test_the_dialer_gets_through() -> None:
    with private_socket() as (bound, path):
        transport = await ControlDialer(path)(asyncio.Protocol)
        accepted, _ = bound.accept()
        transport.close()
        accepted.close()
