"""A gibibyte through the gateway, up and down, which must not be held there."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.stack import Stack

CHUNK = 8 * 1024 * 1024
CHUNKS = 128
NAME = "big.bin"
MOST_GROWTH_KIB = 64 * 1024


def chunks(seed: bytes) -> Iterator[bytes]:
    """Yield a gibibyte of which no two chunks are the same."""
    for number in range(CHUNKS):
        yield number.to_bytes(8, "big") + seed[8:]


class Memory:
    """The resident memory of the gateway's process, by the kernel's own high-water mark."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._pid, self.before = max(self._read("VmRSS").items(), key=lambda item: item[1])
        self._run(f"echo 5 >/proc/{self._pid}/clear_refs")  # proc(5): resets VmHWM

    def growth_kib(self) -> int:
        """Return by how much the most that was ever held exceeds what was held before."""
        return self._read("VmHWM")[self._pid] - self.before

    def _read(self, field: str) -> dict[str, int]:
        table = self._run(f"grep -H {field} /proc/[0-9]*/status || true")
        found = re.findall(rf"/proc/(\d+)/status:{field}:\s+(\d+) kB", table)
        return {pid: int(size) for pid, size in found}

    def _run(self, script: str) -> str:
        return self._stack.run_in("gateway", f"sh -c '{script}'")


@pytest.mark.timeout(400)
def test_gibibyte_up_and_down(stack: Stack, alice: httpx2.Client) -> None:
    """The content is the same at both ends, and the gateway's memory stays small."""
    seed = os.urandom(CHUNK)
    sent = hashlib.sha256()
    memory = Memory(stack)

    for number, chunk in enumerate(chunks(seed), start=1):
        sent.update(chunk)
        upload(alice, chunk, number=number if number < CHUNKS else -1)
    stored = stack.run_in("remote", f"sha256sum /home/alice/{NAME}", user="alice").split()[0]
    received = download(alice)

    assert stored == received == sent.hexdigest()
    assert memory.growth_kib() < MOST_GROWTH_KIB
    alice.delete(f"/alice/api/contents/{NAME}")


def upload(client: httpx2.Client, chunk: bytes, *, number: int) -> None:
    """Append a chunk as JupyterLab does; the last has the number -1."""
    model = {
        "type": "file",
        "format": "base64",
        "name": NAME,
        "chunk": number,
        "content": base64.b64encode(chunk).decode(),
    }
    answer = client.put(f"/alice/api/contents/{NAME}", json=model)
    assert answer.status_code in (200, 201), answer.text


def download(client: httpx2.Client) -> str:
    """Return the digest of the whole file as it arrives."""
    digest = hashlib.sha256()
    with client.stream("GET", f"/alice/files/{NAME}") as answer:
        assert answer.status_code == 200
        for part in answer.iter_bytes():
            digest.update(part)
    return digest.hexdigest()
