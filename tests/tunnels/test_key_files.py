"""gateway.tunnels.key_files: an encrypted key is opened once, and never served after its file has changed."""

import threading
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from gateway.tunnels.key_files import KeyFiles

PASSPHRASE = "looking-glass"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was opened with a passphrase, in order; done for real."""
    seen: list[bytes] = []
    really = asyncssh.import_private_key

    def note(content: bytes, passphrase: str | None = None) -> asyncssh.SSHKey:
        if passphrase is not None:
            seen.append(content)
        return really(content, passphrase)

    monkeypatch.setattr(asyncssh, "import_private_key", note)
    return seen


@pytest.fixture
def write(tmp_path: Path) -> Callable[[], tuple[Path, asyncssh.SSHKey]]:
    """Write a new key to the same file, encrypted in a way that is quick to open."""

    def write_key() -> tuple[Path, asyncssh.SSHKey]:
        key, path = asyncssh.generate_private_key("ssh-ed25519"), tmp_path / "key"
        path.write_bytes(key.export_private_key("pkcs8-pem", passphrase=PASSPHRASE))
        return path, key

    return write_key


Write = Callable[[], tuple[Path, asyncssh.SSHKey]]


def test_opens_a_key_once(write: Write, opened: list[bytes]) -> None:
    """However often it is read."""
    path, key = write()
    files = KeyFiles()

    assert [files.read(str(path), PASSPHRASE) == key for _ in range(3)] == [True] * 3

    assert len(opened) == 1


def test_opens_a_key_once_for_all_who_come_together(write: Write, opened: list[bytes]) -> None:
    """The others wait for the first."""
    path, key = write()
    files, read = KeyFiles(), []
    together = threading.Barrier(8)

    def come() -> None:
        together.wait()
        read.append(files.read(str(path), PASSPHRASE))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == [key] * 8
    assert len(opened) == 1


def test_a_replaced_key_just_works(write: Write) -> None:
    """Whatever the file's times say: its content counts."""
    files = KeyFiles()
    path, first = write()
    assert files.read(str(path), PASSPHRASE) == first

    path, second = write()

    assert files.read(str(path), PASSPHRASE) == second


def test_a_key_is_not_served_to_another_passphrase(write: Write, opened: list[bytes]) -> None:
    """Nor is a wrong one tried again and again; the right one works at once."""
    path, key = write()
    files = KeyFiles()
    files.read(str(path), PASSPHRASE)

    for _ in range(3):
        with pytest.raises(asyncssh.KeyImportError, match="Unable to decrypt"):
            files.read(str(path), "rabbit-hole")

    assert len(opened) == 2
    assert files.read(str(path), PASSPHRASE) == key


def test_a_key_whose_file_has_gone_is_not_served(write: Write) -> None:
    """What was taken away is taken away."""
    path, _ = write()
    files = KeyFiles()
    files.read(str(path), PASSPHRASE)
    path.unlink()

    with pytest.raises(FileNotFoundError):
        files.read(str(path), PASSPHRASE)


def test_a_key_that_is_not_encrypted_is_read_each_time(tmp_path: Path) -> None:
    """Nothing is kept of it."""
    path, files = tmp_path / "key", KeyFiles()
    for _ in range(2):
        key = asyncssh.generate_private_key("ssh-ed25519")
        path.write_bytes(key.export_private_key())

        assert files.read(str(path), None) == key
