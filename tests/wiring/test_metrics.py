"""gateway.wiring.metrics: what Prometheus is told."""

from prometheus_client import CollectorRegistry, generate_latest

from gateway.core.host_key import HostKeyChange
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId
from gateway.core.status import (
    CredentialStatus,
    Degraded,
    NotebookState,
    NotebookStatus,
    TunnelState,
    TunnelStatus,
)
from gateway.errors import Reason
from gateway.wiring.metrics import Gauges

NOTEBOOKS = (
    NotebookStatus(NotebookName("alice"), NotebookState.READY, 0.0),
    NotebookStatus(NotebookName("bob"), NotebookState.STOPPED, 0.0),
)
LAB, FARM = RemoteName("lab"), RemoteName("farm")
TICKET = CredentialStatus("Kerberos ticket", "alice@LAB.TEST", expires_at=1_800_000_000.0)
TUNNELS = (
    TunnelStatus(TunnelId(LAB, LoginName("alice")), TunnelState.UP, 0.0, credential=TICKET),
    TunnelStatus(
        TunnelId(FARM, LoginName("alice")),
        TunnelState.UP,
        0.0,
        credential=CredentialStatus("key", "SHA256:x"),
        degraded=Degraded(1.0, Reason.UNREACHABLE, "refused"),
    ),
)


def test_states_and_counts_are_told() -> None:
    registry = CollectorRegistry()
    counts = {"requests_total": 7, "websockets": 2, "audit_lost_total": 3}
    registry.register(
        Gauges(
            notebooks=lambda: NOTEBOOKS,
            tunnels=lambda: TUNNELS,
            counts=lambda: counts,
            host_key_changes=lambda: (
                HostKeyChange(LAB, ("SHA256:old",), ("ssh-rsa SHA256:new",)),
            ),
            problems=lambda: 3,
        )
    )

    told = generate_latest(registry).decode().splitlines()

    assert 'gateway_tunnels{state="up"} 2.0' in told
    assert 'gateway_tunnels{state="parked"} 0.0' in told
    assert 'gateway_notebooks{state="ready"} 1.0' in told
    assert 'gateway_notebooks{state="stopped"} 1.0' in told
    assert 'gateway_host_key_changed{remote="lab"} 1.0' in told
    assert 'gateway_host_key_changed{remote="farm"} 0.0' in told
    assert 'gateway_remote_degraded{remote="lab"} 0.0' in told
    assert 'gateway_remote_degraded{remote="farm"} 1.0' in told
    assert "gateway_requests_total 7.0" in told
    assert "gateway_websockets 2.0" in told
    assert [line for line in told if line.startswith("gateway_credential")] == [
        'gateway_credential_expires_timestamp_seconds{login="alice",remote="lab"} 1.8e+09'
    ]
    assert "gateway_configuration_problems 3.0" in told
    assert "gateway_audit_lost_total 3.0" in told
