"""The gateway: its parts put together, run, and brought down in order."""

import asyncio
import logging
import socket
from collections.abc import Mapping
from pathlib import Path

from gateway.core.audit import Act, Standing
from gateway.core.inventory import Inventory
from gateway.core.names import NotebookName
from gateway.core.presence import Present
from gateway.core.reloads import changes
from gateway.core.status import NotebookStatus
from gateway.door.listener import Door
from gateway.provider.provider import Provider
from gateway.store.store import Store
from gateway.tunnels.tunnels import Tunnels
from gateway.web.administration import Administration
from gateway.web.app import create_app
from gateway.web.serve import serve_control
from gateway.web.site import Site
from gateway.wiring.certificate import Certificate
from gateway.wiring.control import ControlDialer
from gateway.wiring.effective import Effective
from gateway.wiring.followed_files import (
    FollowedFiles,
    credential_files,
    known_hosts_files,
)
from gateway.wiring.logs import configure
from gateway.wiring.metrics import Gauges, serve_metrics
from gateway.wiring.putting_out import PuttingOut
from gateway.wiring.telling import Teller
from gateway.wiring.wanted import Wanted
from gateway.wiring.watching import watch
from gateway.wiring.witness import AuditWitness

log = logging.getLogger(__name__)


class Gateway:
    """The parts of one gateway, and the order in which they start and stop."""

    def __init__(self, wanted: Wanted, store: Store, control: Path) -> None:
        self._wanted = wanted
        self._store = store
        self._tunnels = Tunnels(pins=store)
        self._door = Door(
            who=store,
            tunnels=self._tunnels,
            control=ControlDialer(control),
            witness=AuditWitness(store.audit),
        )
        self._tunnels.ask_about_use(self._door.quiet_seconds)
        self._configuration = wanted.inventory
        self._teller = Teller(store.audit, lambda: wanted.inventory.audit.lines)
        self._ready = False
        tls = wanted.inventory.server.tls
        self._certificate = None if tls is None else Certificate(tls)
        wanted.followers += [self._tunnels.apply, lambda new: configure(new.log), self._configured]
        wanted.followers.append(lambda new: store.live_by(new.auth.sessions))
        self._effective = Effective(wanted, store)
        self._effective.followers.append(self._door.apply)
        self._provider = Provider(lambda: wanted.inventory.auth.oidc)
        self._putting_out = PuttingOut(wanted, store)
        store.on_change(self._door.recheck)
        store.on_pins(self._tunnels.host_keys_changed)
        self._known_hosts = FollowedFiles(
            wanted,
            known_hosts_files,
            self._tunnels.host_keys_changed,
            name="known_hosts files",
        )
        self._credentials = FollowedFiles(
            wanted,
            credential_files,
            self._tunnels.credentials_changed,
            name="keys, certificates and tickets",
        )

    async def run(self, stop: asyncio.Event, control: socket.socket) -> None:
        """Serve until ``stop`` is set, then drain; the listener's ``OSError`` comes through."""
        self._keep_audit(self._wanted.inventory)
        self._tunnels.apply(self._wanted.inventory)
        self._door.apply(self._effective.inventory)
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(self._tunnels.run(), name="tunnels"),
                tasks.create_task(self._store.run(), name="store"),
                tasks.create_task(self._effective.run(), name="shares"),
                tasks.create_task(self._putting_out.run(), name="put out who is gone"),
                tasks.create_task(self._teller.run(), name="tell the audit log"),
                tasks.create_task(self._control_plane(control), name="control plane"),
                tasks.create_task(self._watch(), name="watch"),
                tasks.create_task(self._known_hosts.run(), name="watch known_hosts"),
                tasks.create_task(self._credentials.run(), name="watch credentials"),
                tasks.create_task(self._metrics(), name="metrics"),
            ]
            await self._serve(stop)
            for task in background:
                task.cancel()
        await self._provider.close()
        await self._tell_the_end()

    def reload(self) -> None:
        """Take the files as they are now."""
        self._wanted.reload()
        if self._certificate is not None:
            self._certificate.reload()

    async def _serve(self, stop: asyncio.Event) -> None:
        server = self._wanted.inventory.server
        tls = None if self._certificate is None else self._certificate.context
        async with self._door.listening(server.listen, tls):
            self._ready = True
            self._store.audit.note(Act.STARTED, actor="gateway")
            log.info("members find the gateway at %s", server.public_url.origin)
            await stop.wait()
            self._ready = False
            log.info("stopping: %s s for what is under way", server.grace_seconds)
            await self._door.drain(server.grace_seconds)
        self._store.audit.note(Act.STOPPED, actor="gateway")
        log.info("stopped")

    def _keep_audit(self, wanted: Inventory) -> None:
        self._store.audit.retention_seconds = wanted.audit.retention_seconds

    def _configured(self, wanted: Inventory) -> None:
        self._keep_audit(wanted)
        for change in changes(self._configuration, wanted):
            texts = {"notebook": change.notebook, "subject": change.subject}
            told = {**texts, "actor": "configuration", "detail": change.detail}
            self._store.audit.note(Act.CONFIGURED, **told)
        self._configuration = wanted

    async def _tell_the_end(self) -> None:
        await self._store.audit.end()
        await self._teller.catch_up()

    def _audit_standing(self) -> Standing:
        audit = self._store.audit
        return Standing(audit.held, audit.lost, self._teller.trouble)

    def _counts(self) -> Mapping[str, int]:
        audit = self._store.audit
        return {**self._door.counts(), "audit_waiting": audit.held, "audit_lost_total": audit.lost}

    async def _control_plane(self, control: socket.socket) -> None:
        site = Site(
            inventory=lambda: self._effective.inventory,
            declared=lambda: self._effective.admitted,
            configured=lambda: self._wanted.inventory,
            administration=Administration(
                declared=lambda: self._effective.everybody,
                members=self._store,
                configuration=lambda: self._wanted.shown,
                try_now=self._tunnels.try_now,
            ),
            accounts=self._store,
            sharing=self._store,
            provider=self._provider,
            links=self._store,
            present=self._present,
            passkeys=self._store,
            audit=self._store.audit,
            audit_standing=self._audit_standing,
            notebooks=self._tunnels,
            ready=lambda: self._ready,
            configuration_problems=lambda: self._wanted.problems,
        )
        await serve_control(create_app(site), control)

    async def _watch(self) -> None:
        tls = self._wanted.inventory.server.tls
        files = [] if tls is None else [tls.certificate, tls.key]
        await watch([self._wanted.path, *map(Path, files)], self.reload)

    async def _metrics(self) -> None:
        address = self._wanted.inventory.server.admin_listen
        if address is not None:
            gauges = Gauges(
                notebooks=self._notebooks,
                tunnels=self._tunnels.tunnel_statuses,
                counts=self._counts,
                host_key_changes=self._tunnels.host_key_changes,
                problems=lambda: len(self._wanted.problems),
            )
            await serve_metrics(gauges, address)

    def _present(self, name: NotebookName) -> tuple[Present, ...]:
        now = self._door.now()
        return tuple(
            Present(visit.member, visit.level, now - visit.since)
            for visit in self._door.visits.of(name)
        )

    def _notebooks(self) -> tuple[NotebookStatus, ...]:
        found = map(self._tunnels.status, self._wanted.inventory.notebooks)
        return tuple(status for status in found if status is not None)
