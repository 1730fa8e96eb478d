"""Ten set-ups that are broken, each for real: an sshd of several minds, and notebooks of every kind of trouble.

All of it is beside the deployment of compose/test.yaml, in the same containers: other tests notice nothing.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncssh

from tests.stack import Stack, eventually

CONFIG = "/tmp/doctor.yaml"
ANYTHING, NO_FORWARDS, OTHER_PORT, NOBODY = 2201, 2202, 2203, 2299
"""What the second sshd allows at which of its ports; at the last nobody listens."""
SECURE, HIDDEN, HUNG, STOPPED = 7101, 7102, 7103, 7104
"""Where which notebook of Alice's is."""

SSHD = f"""
Port {ANYTHING}
Port {NO_FORWARDS}
Port {OTHER_PORT}
PidFile /tmp/doctor/sshd.pid
AuthorizedKeysFile /tmp/doctor/authorized_keys
AllowTcpForwarding yes
Subsystem sftp internal-sftp
Match LocalPort {NO_FORWARDS}
    AllowTcpForwarding no
Match LocalPort {OTHER_PORT}
    PermitOpen localhost:7002
"""

NOTEBOOKS = {
    SECURE: "--certfile=/tmp/doctor/tls.crt --keyfile=/tmp/doctor/tls.key",
    HIDDEN: "--ServerApp.base_url=/elsewhere/ --config=/tmp/doctor/hidden.py",
    HUNG: "",
}

HIDDEN_BASE_URL = """
c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``gateway doctor`` said."""

    exit_code: int
    text: str
    errors: str

    @property
    def findings(self) -> list[dict[str, str]]:
        """What was found of the hops, where it was asked for JSON."""
        return list(json.loads(self.text)["findings"])

    @property
    def rights(self) -> list[dict[str, str]]:
        """What was found of the rights, likewise."""
        return list(json.loads(self.text)["rights"])


@dataclass(frozen=True, slots=True)
class Broken:
    """The broken set-ups, and the command that finds out about them."""

    stack: Stack

    def doctor(self, *arguments: str) -> Verdict:
        """Run the real command in the gateway's container."""
        command = ("gateway", "doctor", *arguments, "--config", CONFIG)
        done = subprocess.run(
            [*self.stack.compose, "exec", "-T", "gateway", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        return Verdict(done.returncode, done.stdout, done.stderr)


@contextmanager
def broken(stack: Stack) -> Iterator[Broken]:
    """Break what there is to be broken, and clear it away."""
    _in_remote(stack, "install -d -m 0755 /tmp/doctor")
    _in_remote(stack, f"cat >/tmp/doctor/hidden.py <<'E'\n{HIDDEN_BASE_URL}\nE")
    _in_remote(
        stack,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=alice"
        " -out /tmp/doctor/tls.crt -keyout /tmp/doctor/tls.key && chmod 0644 /tmp/doctor/tls.*",
    )
    _start_sshd(stack)
    for port, options in NOTEBOOKS.items():
        _start_notebook(stack, port, options)
    _configure(stack)
    for port in NOTEBOOKS:
        listens = f"ss -Htln sport = :{port} | grep -q . && echo yes || true"
        eventually(lambda seen=listens: bool(_in_remote(stack, seen)), within_seconds=60)
    _in_remote(stack, f"kill -STOP $(cat /tmp/doctor/{HUNG}.pid)")
    try:
        yield Broken(stack)
    finally:
        _in_remote(stack, "kill -KILL $(cat /tmp/doctor/*.pid); rm -r /tmp/doctor")
        stack.run_in("gateway", "sh -c 'rm /tmp/doctor.yaml /tmp/doctor_*'")


def _start_sshd(stack: Stack) -> None:
    """Start an sshd whose key is let in for everything, but for what a port forbids."""
    keep = "HostKey|UsePAM|PermitRootLogin|StrictModes|PasswordAuthentication|KbdInteractiveAuthentication|LogLevel|UseDNS"
    script = f"""
        grep -E '^({keep})' /etc/ssh/sshd_config >/tmp/doctor/sshd_config
        cat >>/tmp/doctor/sshd_config <<'E'\n{SSHD}\nE
        sed 's/^.* ssh-ed25519/ssh-ed25519/' /etc/ssh/authorized_keys.d/alice >/tmp/doctor/authorized_keys
        /usr/sbin/sshd -f /tmp/doctor/sshd_config
    """
    _in_remote(stack, script)


def _start_notebook(stack: Stack, port: int, options: str) -> None:
    script = f"""
        setsid setpriv --reuid=alice --regid=alice --init-groups --reset-env \
            env --chdir=/home/alice PATH=/opt/notebook/bin:/usr/bin:/bin LANG=C.UTF-8 \
            jupyter server --no-browser --port={port} {options} >/tmp/doctor/{port}.log 2>&1 </dev/null &
        echo $! >/tmp/doctor/{port}.pid
    """
    _in_remote(stack, script)


def _configure(stack: Stack) -> None:
    """Put a configuration into the gateway's container that names all of it."""
    public = _in_remote(stack, "cat /etc/ssh/keys/ssh_host_ed25519_key.pub")
    key = f'host_key: "{asyncssh.import_public_key(public).get_fingerprint()}"'
    real = "identity: /run/secrets/remote_key"
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    _into_gateway(stack, "/tmp/doctor_stranger", stranger.export_private_key().decode())
    _into_gateway(stack, "/tmp/doctor_known_hosts", f"remote {other}")
    remotes = {
        "remote": f"host: remote, {real}, known_hosts: /run/secrets/known_hosts",
        "anything": f"host: remote, port: {ANYTHING}, {real}, {key}",
        "again": f"host: remote, port: {ANYTHING}, {real}, {key}",  # a port is given out once
        "no-forwards": f"host: remote, port: {NO_FORWARDS}, {real}, {key}",
        "other-port": f"host: remote, port: {OTHER_PORT}, {real}, {key}",
        "nobody": f"host: remote, port: {NOBODY}, {real}, {key}",
        "stranger": f"host: remote, identity: /tmp/doctor_stranger, {key}",
        "changed": f"host: remote, {real}, known_hosts: /tmp/doctor_known_hosts",
        "nowhere": f"host: lab.invalid, {real}, {key}",
    }
    notebooks = {
        "healthy": "remote: remote, port: 7001",
        "powerful": "remote: anything, port: 7001",
        "wrong-port": "remote: nobody, port: 7001",
        "wrong-key": "remote: stranger, port: 7001",
        "changed-key": "remote: changed, port: 7001",
        "forwarding-off": "remote: no-forwards, port: 7001",
        "permit-other": "remote: other-port, port: 7001",
        "neighbour": "remote: other-port, port: 7002, login: bob",
        "https-as-http": f"remote: anything, port: {SECURE}, scheme: http",
        "self-signed": f"remote: again, port: {SECURE}",
        "http-as-https": "remote: again, port: 7001, scheme: https, verify: false",
        "wrong-base-url": f"remote: anything, port: {HIDDEN}",
        "stopped": f"remote: anything, port: {STOPPED}",
        "hung": f"remote: anything, port: {HUNG}",
        "dns": "remote: nowhere, port: 7001",
    }
    lines = [
        "version: 1",
        "server: {listen: 0.0.0.0:8000, public_url: http://localhost:8000}",
        "remotes:",
        *(f"  {name}: {{login: alice, {rest}}}" for name, rest in remotes.items()),
        "notebooks:",
        *(f"  {name}: {{{rest}}}" for name, rest in notebooks.items()),
        "members: {alice: {admin: true}}",
    ]
    _into_gateway(stack, CONFIG, "\n".join(lines) + "\n")


def _into_gateway(stack: Stack, path: str, content: str) -> None:
    stack.run_in("gateway", f"sh -c 'umask 077; cat >{path}'", stdin=content)


def _in_remote(stack: Stack, script: str) -> str:
    """Run a script as root in the remote's container."""
    return stack.run_in("remote", "sh -es", stdin=script)
