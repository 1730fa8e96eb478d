"""Metrics for Prometheus, on a listener of their own that members can't reach."""

import socket
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, make_asgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.core.host_key import HostKeyChange
from gateway.core.inventory import Address
from gateway.core.status import NotebookState, NotebookStatus, TunnelState, TunnelStatus
from gateway.web.serve import serve_control


class Gauges(Collector):
    """Reads the state of the gateway when Prometheus asks, and keeps nothing itself."""

    def __init__(
        self,
        *,
        notebooks: Callable[[], tuple[NotebookStatus, ...]],
        tunnels: Callable[[], tuple[TunnelStatus, ...]],
        counts: Callable[[], Mapping[str, int]],
        host_key_changes: Callable[[], tuple[HostKeyChange, ...]],
        problems: Callable[[], int],
    ) -> None:
        self._notebooks = notebooks
        self._tunnels = tunnels
        self._counts = counts
        self._host_key_changes = host_key_changes
        self._problems = problems

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield self._states("gateway_tunnels", "SSH tunnels by state", TunnelState, self._tunnels())
        yield self._states(
            "gateway_notebooks", "Notebooks by state", NotebookState, self._notebooks()
        )
        yield self._changed_host_keys()
        yield self._degraded()
        yield self._expiries()
        problems = GaugeMetricFamily(
            "gateway_configuration_problems", "Problems of a new configuration that was not taken"
        )
        problems.add_metric([], self._problems())
        yield problems
        for name, value in self._counts().items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            metric = kind(f"gateway_{name}", name.removesuffix("_total").replace("_", " "))
            metric.add_metric([], value)
            yield metric

    def _changed_host_keys(self) -> Metric:
        metric = GaugeMetricFamily(
            "gateway_host_key_changed",
            "Whether a remote shows another host key than the one we know",
            labels=["remote"],
        )
        changed = {change.remote for change in self._host_key_changes()}
        for remote in sorted({status.id.remote for status in self._tunnels()}):
            metric.add_metric([remote], int(remote in changed))
        return metric

    def _degraded(self) -> Metric:
        metric = GaugeMetricFamily(
            "gateway_remote_degraded",
            "Whether tunnels to a remote are up that could not be dialled again",
            labels=["remote"],
        )
        tunnels = self._tunnels()
        degraded = {status.id.remote for status in tunnels if status.degraded is not None}
        for remote in sorted({status.id.remote for status in tunnels}):
            metric.add_metric([remote], int(remote in degraded))
        return metric

    def _expiries(self) -> Metric:
        metric = GaugeMetricFamily(
            "gateway_credential_expires_timestamp_seconds",
            "When what a tunnel's login proves itself with ends",
            labels=["remote", "login"],
        )
        for tunnel in self._tunnels():
            if tunnel.credential is not None and tunnel.credential.expires_at is not None:
                labels = [tunnel.id.remote, tunnel.id.login]
                metric.add_metric(labels, tunnel.credential.expires_at)
        return metric

    @staticmethod
    def _states(
        name: str,
        words: str,
        states: type[TunnelState] | type[NotebookState],
        statuses: tuple[TunnelStatus, ...] | tuple[NotebookStatus, ...],
    ) -> Metric:
        metric = GaugeMetricFamily(name, words, labels=["state"])
        held = [status.state.value for status in statuses]
        for state in states:
            metric.add_metric([state.value], held.count(state.value))
        return metric


async def serve_metrics(gauges: Gauges, address: Address) -> None:
    """Answer ``/metrics`` on ``address`` until cancelled; raise OSError if it can't be had."""
    registry = CollectorRegistry()  # our own: the default one holds what libraries put there
    registry.register(gauges)
    with socket.create_server((address.host, address.port)) as bound:
        await serve_control(make_asgi_app(registry), bound)
