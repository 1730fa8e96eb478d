"""gateway.config.files: files that aren't there, and keys that others reach."""

import os
import stat
from pathlib import Path

import pytest

from gateway.config.files import _exposure
from tests.config.writing import GOOD, problems

BY_KEY = GOOD.replace("agent: true", "identity: lab_key")
FOREIGN = os.geteuid() + 1


def status(mode: int, owner: int) -> os.stat_result:
    return os.stat_result((stat.S_IFREG | mode, 0, 0, 1, owner, owner, 0, 0, 0, 0))


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_takes_a_key_that_is_ours_alone(tmp_path: Path, mode: int) -> None:
    (tmp_path / "lab_key").touch(mode=mode)

    assert problems(tmp_path, BY_KEY) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_f12_refuses_a_private_key_that_others_reach(tmp_path: Path, mode: int) -> None:
    """Threat F12: and says how to put it right."""
    key = tmp_path / "lab_key"
    key.touch()
    key.chmod(mode)

    (problem,) = problems(tmp_path, BY_KEY)

    assert problem == (
        "gateway.yaml:3: remotes.lab.identity: others may read the private key lab_key"
        f" (mode {mode:04o}); run: chmod 600 lab_key"
    )


@pytest.mark.parametrize("mode", [0o444, 0o440, 0o400])
def test_takes_a_mounted_secret_of_another_owner(mode: int) -> None:
    """Compose and Kubernetes mount secrets as root's, readable to us; that's theirs to narrow."""
    assert _exposure("private key", Path("key"), status(mode, FOREIGN)) is None


@pytest.mark.parametrize("mode", [0o664, 0o666, 0o602])
def test_refuses_a_foreign_key_that_others_may_replace(mode: int) -> None:
    words = _exposure("private key", Path("key"), status(mode, FOREIGN))

    assert words is not None
    assert words.startswith("others may replace the private key key")


def test_a_known_hosts_file_is_public(tmp_path: Path) -> None:
    (tmp_path / "known").touch(mode=0o644)
    text = GOOD.replace("host_key_policy: accept-new", "known_hosts: known")

    assert problems(tmp_path, text) == []


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, BY_KEY) == [
        "gateway.yaml:3: remotes.lab.identity: there is no file lab_key"
    ]


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "lab_key").mkdir()

    assert problems(tmp_path, BY_KEY) == [
        "gateway.yaml:3: remotes.lab.identity: lab_key can't be read: is a directory"
    ]
