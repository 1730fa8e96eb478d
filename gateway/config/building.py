"""From checked keys to the inventory."""

import ipaddress
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath

from gateway.config.auth_keys import AuthKeys, OidcKeys
from gateway.config.checks import GROUP
from gateway.config.files import is_ca_file
from gateway.config.keys import (
    Keys,
    LimitsKeys,
    LoginKeys,
    MemberKeys,
    NotebookKeys,
    RemoteKeys,
    ServerKeys,
)
from gateway.config.kinds import AUDIT_OFF, AUDIT_STDOUT, address, public_url
from gateway.core.inventory import (
    Access,
    Audit,
    Auth,
    Grantees,
    Inventory,
    Lifetimes,
    Limits,
    Log,
    Member,
    Notebook,
    Oidc,
    Remote,
    Server,
    Tls,
    Verify,
)
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName
from gateway.core.ssh_credential import AgentKeys, Credential, Kerberos, KeyFile


def filled(keys: Keys) -> Keys:
    """Return ``keys`` with the logins and owners that follow from others written out."""
    notebooks = {name: _filled(keys, name, notebook) for name, notebook in keys.notebooks.items()}
    return keys.model_copy(update={"notebooks": notebooks})


def build(keys: Keys, base: FilePath) -> Inventory:
    """Return the inventory that filled and checked ``keys`` declare; relative files are beneath ``base``."""
    return Inventory(
        server=_server(keys.server, base),
        remotes={RemoteName(name): _remote(name, r, base) for name, r in keys.remotes.items()},
        notebooks={
            NotebookName(name): _notebook(name, n, base) for name, n in keys.notebooks.items()
        },
        members={MemberName(name): _member(name, m) for name, m in keys.members.items()},
        access=Access(use=_grantees(keys.access.use), view=_grantees(keys.access.view)),
        auth=_auth(keys.auth, base),
        store=keys.store,
        log=Log(level=keys.log.level, format=keys.log.format),
        audit=Audit(keys.audit.retention, _lines(keys.audit.lines, base)),
    )


def _filled(keys: Keys, name: str, notebook: NotebookKeys) -> NotebookKeys:
    remote = keys.remotes.get(notebook.remote)
    login = notebook.login or (remote.login if remote is not None else None)
    owner = notebook.owner or (name if name in keys.members else None)
    return notebook.model_copy(update={"login": login, "owner": owner})


def _server(keys: ServerKeys, base: FilePath) -> Server:
    tls = keys.tls
    return Server(
        listen=address(keys.listen),
        public_url=public_url(keys.public_url),
        admin_listen=address(keys.admin_listen) if keys.admin_listen else None,
        routing=keys.routing,
        tls=None if tls is None else Tls(str(base / tls.certificate), str(base / tls.key)),
        trusted_proxies=tuple(ipaddress.ip_network(network) for network in keys.trusted_proxies),
        hold_seconds=keys.hold,
        grace_seconds=keys.grace,
        limits=_limits(keys.limits),
    )


def _limits(keys: LimitsKeys) -> Limits:
    return Limits(
        head_bytes=keys.head,
        header_count=keys.headers,
        head_seconds=keys.head_timeout,
        body_idle_seconds=keys.body_idle,
        upstream_seconds=keys.upstream_timeout,
        keepalive_seconds=keys.keepalive,
        connections=keys.connections,
        connections_per_member=keys.connections_per_member,
    )


def _remote(name: str, keys: RemoteKeys, base: FilePath) -> Remote:
    return Remote(
        name=RemoteName(name),
        host=keys.host,
        port=keys.port,
        login=None if keys.login is None else LoginName(keys.login),
        credential=_credential(keys, base),
        logins={LoginName(login): each for login, each in _logins(keys, base)},
        known_hosts=_file(base, keys.known_hosts),
        host_key=keys.host_key,
        host_key_alias=keys.host_key_alias,
        host_key_policy=keys.host_key_policy,
        jump=None if keys.jump is None else RemoteName(keys.jump),
        connect_seconds=keys.connect_timeout,
        keepalive_seconds=keys.keepalive,
        idle_seconds=keys.idle,
        knock_seconds=keys.knock or None,
    )


def _logins(keys: RemoteKeys, base: FilePath) -> Iterator[tuple[str, Credential]]:
    for login, own in keys.logins.items():
        if (credential := _credential(own, base)) is not None:
            yield login, credential


def _credential(keys: RemoteKeys | LoginKeys, base: FilePath) -> Credential | None:
    if keys.identity is not None:
        passphrase, certificate = _file(base, keys.passphrase_file), _file(base, keys.certificate)
        return KeyFile(str(base / keys.identity), passphrase, certificate)
    if keys.agent is not False:
        return AgentKeys(None if keys.agent is True else str(base / keys.agent))
    if keys.gssapi is not None:
        ccache, keytab = _file(base, keys.gssapi.ccache), _file(base, keys.gssapi.keytab)
        return Kerberos(ccache, keytab, keys.gssapi.principal)
    return None


def _notebook(name: str, keys: NotebookKeys, base: FilePath) -> Notebook:
    return Notebook(
        name=NotebookName(name),
        remote=RemoteName(keys.remote),
        login=LoginName(keys.login or ""),
        port=keys.port,
        socket=keys.socket,
        owner=None if keys.owner is None else MemberName(keys.owner),
        scheme=keys.scheme,
        verify=_verify(keys.verify, base),
        token=keys.token,
        token_file=_file(base, keys.token_file),
        listener=keys.listener,
        use=_grantees(keys.use),
        view=_grantees(keys.view),
    )


def _verify(word: str | None, base: FilePath) -> Verify:
    if word is None:
        return Verify()
    if is_ca_file(word):
        return Verify(ca_file=str(base / word))
    return Verify(off=True) if word == "false" else Verify(pin=word)


def _member(name: str, keys: MemberKeys) -> Member:
    return Member(
        name=MemberName(name),
        full_name=keys.name,
        email=keys.email,
        groups=frozenset(GroupName(group) for group in keys.groups),
        admin=keys.admin,
        subject=keys.oidc,
    )


def _auth(keys: AuthKeys, base: FilePath) -> Auth:
    return Auth(
        local=keys.local.enabled,
        oidc=None if keys.oidc is None else _oidc(keys.oidc, base),
        second_factor=keys.local.second_factor,
        sessions=Lifetimes(keys.sessions.idle, keys.sessions.life),
    )


def _oidc(keys: OidcKeys, base: FilePath) -> Oidc:
    return Oidc(
        issuer=keys.issuer,
        client_id=keys.client_id,
        client_secret_file=_file(base, keys.client_secret_file),
        groups_claim=keys.groups_claim,
        name_claim=keys.name_claim,
        name=keys.name,
        scopes=tuple(dict.fromkeys(["openid", *keys.scopes])),
        admit=frozenset(keys.admit),
        ca_file=_file(base, keys.ca_file),
    )


def _lines(word: str, base: FilePath) -> str | None:
    if word == AUDIT_OFF:
        return None
    return word if word == AUDIT_STDOUT else str(base / word)


def _grantees(words: Iterable[str]) -> Grantees:
    groups = {word for word in words if word.startswith(GROUP)}
    return Grantees(
        members=frozenset(MemberName(word) for word in set(words) - groups),
        groups=frozenset(GroupName(word.removeprefix(GROUP)) for word in groups),
    )


def _file(base: FilePath, file: str | None) -> str | None:
    return None if file is None else str(base / file)
