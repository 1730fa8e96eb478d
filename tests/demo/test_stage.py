"""gateway.demo.stage: the files that the demo needs, and who may read them."""

import importlib
import json
import socket
import stat
from pathlib import Path
from types import ModuleType

import asyncssh
import pytest
import yaml

from gateway.demo.cast import RESEARCHERS, Researcher, new_password
from gateway.demo.stage import Stage, free_ports, is_free, listening_socket

PORTS = {who.name: 7001 + number for number, who in enumerate(RESEARCHERS)}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path, port=8000, notebook_ports=PORTS)
    stage.set(remote_port=2222)
    return stage


@pytest.fixture
def nbformat() -> ModuleType:
    """Return Jupyter's own reader; it takes seconds to import, so only who needs it waits for it."""
    return importlib.import_module("nbformat")


def test_keys_are_for_the_owner_only(stage: Stage) -> None:
    """A private key and the configuration are readable by nobody else."""
    for path in (stage.folder / "host_key", stage.folder / "gateway_key", stage.configuration):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_configuration_pins_the_host_key(stage: Stage) -> None:
    """The gateway knows the stand-in's key beforehand and trusts no other."""
    wanted = yaml.safe_load(stage.configuration.read_text())
    host_key = asyncssh.read_private_key(stage.folder / "host_key")

    assert wanted["remotes"]["lab"]["host_key"] == host_key.get_fingerprint()
    assert wanted["remotes"]["lab"]["port"] == 2222


def test_configuration_and_accounts_agree(stage: Stage) -> None:
    """Each notebook's port is the one that its login may reach, with the gateway's key."""
    wanted = yaml.safe_load(stage.configuration.read_text())
    logins = json.loads(stage.accounts.read_text())["logins"]
    key = asyncssh.read_private_key(wanted["remotes"]["lab"]["identity"])

    for name, notebook in wanted["notebooks"].items():
        assert logins[notebook["login"]]["port"] == notebook["port"] == PORTS[name]
        known = asyncssh.import_public_key(logins[name]["authorized_key"])
        assert known.public_data == key.public_data


@pytest.mark.parametrize("who", RESEARCHERS, ids=lambda who: who.name)
def test_every_home_has_a_valid_example(
    stage: Stage, who: Researcher, nbformat: ModuleType
) -> None:
    """The example is a notebook as Jupyter defines it, speaks of its owner and computes 6*7."""
    notebook = nbformat.read(stage.home(who) / "hello.ipynb", as_version=4)

    nbformat.validate(notebook)
    assert who.full_name in notebook.cells[0].source
    assert notebook.cells[1].source == "6 * 7"


def test_free_ports_differ() -> None:
    """Ports asked for together are different ones."""
    assert len(set(free_ports(20))) == 20


def test_taken_port_is_seen() -> None:
    """A port that somebody listens at is not free, and is again when they leave."""
    with listening_socket(0) as holder:
        port = holder.getsockname()[1]

        assert not is_free(port)
    assert is_free(port)


def test_port_taken_on_the_other_family_is_seen() -> None:
    """A browser tries ::1 first, so somebody there would get our members."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as holder:
        assert not is_free(holder.getsockname()[1])


def test_passwords_are_random_and_can_be_read_out() -> None:
    """No two are alike, and none has letters that look alike."""
    passwords = {new_password() for _ in range(100)}

    assert len(passwords) == 100
    assert not set("01ilo") & set("".join(passwords))
