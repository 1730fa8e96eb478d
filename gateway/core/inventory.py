"""The inventory: all that the configuration declares, as one frozen value; the wanted state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName, TunnelId
from gateway.core.ssh_credential import Credential


class Routing(StrEnum):
    """How a notebook is named in a URL: by the first path segment or by the host."""

    PATH = auto()
    HOST = auto()


class HostKeyPolicy(StrEnum):
    """What to do about a host key that nobody has vouched for."""

    STRICT = "strict"
    ACCEPT_NEW = "accept-new"


class Scheme(StrEnum):
    """How a notebook is spoken to; ``AUTO`` asks it."""

    AUTO = auto()
    HTTP = auto()
    HTTPS = auto()


class TokenSource(StrEnum):
    """Where a notebook's own token comes from."""

    AUTO = auto()
    FILE = auto()
    NONE = auto()


class LogFormat(StrEnum):
    """How log lines are written; ``AUTO`` is text on a terminal and JSON elsewhere."""

    AUTO = auto()
    TEXT = auto()
    JSON = auto()


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Tls:
    """The files of our own certificate."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """What members type: ``scheme://host[:port]``, with no path."""

    scheme: str
    host: str
    port: int

    @property
    def secure(self) -> bool:
        """Whether members reach us over https."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        usual = 443 if self.secure else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The origin as browsers write it (RFC 6454, section 6.2)."""
        return f"{self.scheme}://{self.authority}"

    def beneath(self, label: str) -> "PublicUrl":
        """Return the URL whose host is ``label.host``."""
        return PublicUrl(self.scheme, f"{label}.{self.host}", self.port)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, one member and all together may take of the gateway."""

    head_bytes: int = 64 * 1024
    header_count: int = 100
    head_seconds: float = 15.0
    body_idle_seconds: float = 30.0
    upstream_seconds: float = 300.0
    keepalive_seconds: float = 75.0
    connections: int = 4096
    connections_per_member: int = 512


@dataclass(frozen=True, slots=True)
class Server:
    """The entry point: where it listens, what it is called, whom it believes."""

    listen: Address
    public_url: PublicUrl
    admin_listen: Address | None = None
    routing: Routing = Routing.PATH
    tls: Tls | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    hold_seconds: float = 5.0
    grace_seconds: float = 10.0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Remote:
    """A shared machine, and how to get in."""

    name: RemoteName
    host: str
    port: int = 22
    login: LoginName | None = None
    credential: Credential | None = None
    logins: Mapping[LoginName, Credential] = field(default_factory=dict)
    """What single logins prove themselves with instead."""
    known_hosts: str | None = None
    host_key: str | None = None
    host_key_alias: str | None = None
    """What known_hosts and its host certificate call it; None is its host, and port."""
    host_key_policy: HostKeyPolicy = HostKeyPolicy.STRICT
    jump: RemoteName | None = None
    keepalive_seconds: float = 5.0
    connect_seconds: float | None = None
    """How long connecting and logging in may take; None is what is usual."""
    idle_seconds: float | None = None
    """After which an unused tunnel sleeps; None is never."""
    knock_seconds: float | None = 180.0
    """Between two looks whether a lost tunnel could be dialled again; None is never."""

    def credential_of(self, login: LoginName) -> Credential | None:
        """Return what ``login`` proves itself with: its own, or else the remote's."""
        return self.logins.get(login, self.credential)

    def as_login(self, login: LoginName) -> "Remote":
        """Return the remote as ``login`` gets there: other logins, and what disturbs no tunnel, are left out."""
        credential = self.credential_of(login)
        return replace(
            self, credential=credential, logins={}, idle_seconds=None, knock_seconds=None
        )


@dataclass(frozen=True, slots=True)
class Verify:
    """How an https notebook's certificate is judged: the first of these that is set, else the system's CAs."""

    off: bool = False
    pin: str | None = None  # "SHA256:…" of the certificate
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Grantees:
    """Those whom a grant names."""

    members: frozenset[MemberName] = frozenset()
    groups: frozenset[GroupName] = frozenset()


@dataclass(frozen=True, slots=True)
class Notebook:
    """One server on a fixed port, or Unix socket, of a remote."""

    name: NotebookName
    remote: RemoteName
    login: LoginName
    port: int | None = None
    socket: str | None = None
    owner: MemberName | None = None
    scheme: Scheme = Scheme.AUTO
    verify: Verify = Verify()
    token: TokenSource = TokenSource.AUTO
    token_file: str | None = None
    listener: str | None = None
    """Whose process must listen there: an account's name or uid, or ``any``; None is the login's, if that can be seen."""
    use: Grantees = Grantees()
    view: Grantees = Grantees()

    @property
    def tunnel(self) -> TunnelId:
        """The tunnel that leads to it."""
        return TunnelId(self.remote, self.login)

    @property
    def place(self) -> str:
        """Where it listens on its remote, in words."""
        return f"port {self.port}" if self.socket is None else self.socket


@dataclass(frozen=True, slots=True)
class Member:
    """A person with an account at the gateway."""

    name: MemberName
    full_name: str = ""
    email: str = ""
    groups: frozenset[GroupName] = frozenset()
    admin: bool = False
    subject: str | None = None
    """Who they are to the identity provider, where the configuration says so."""

    @property
    def called(self) -> str:
        """What to call them on a page."""
        return self.full_name or self.name


@dataclass(frozen=True, slots=True)
class Access:
    """Grants for every notebook, beside its own."""

    use: Grantees = Grantees()
    view: Grantees = Grantees()


@dataclass(frozen=True, slots=True)
class Oidc:
    """An identity provider."""

    issuer: str
    client_id: str
    client_secret_file: str | None = None
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    name: str = ""
    """What to call it on pages."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    admit: frozenset[str] = frozenset()
    """The provider's groups whose members become members by themselves."""
    ca_file: str | None = None
    """Who vouches for its certificate; None is the system's CAs."""

    @property
    def called(self) -> str:
        """What to call it on a page."""
        return self.name or urlsplit(self.issuer).netloc


class SecondFactor(StrEnum):
    """Whether a passkey is asked for beside a password."""

    OPTIONAL = auto()
    REQUIRED = auto()


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session may last."""

    idle_seconds: float = 7 * 24 * 3600.0
    """Without a request for so long, it ends."""
    session_seconds: float = 30 * 24 * 3600.0
    """Even in use, it ends after so long; logging in again begins anew."""


@dataclass(frozen=True, slots=True)
class Auth:
    """How members prove who they are, and for how long that holds."""

    local: bool = True
    oidc: Oidc | None = None
    second_factor: SecondFactor = SecondFactor.OPTIONAL
    sessions: Lifetimes = Lifetimes()


@dataclass(frozen=True, slots=True)
class Log:
    """How much is logged, and in what form."""

    level: str = "info"
    format: LogFormat = LogFormat.AUTO


@dataclass(frozen=True, slots=True)
class Audit:
    """How long the audit log is kept, and where else its lines go."""

    retention_seconds: float = 365 * 24 * 3600.0
    lines: str | None = None
    """``stdout``, or a file's path; None is nowhere."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that the configuration declares."""

    server: Server
    remotes: Mapping[RemoteName, Remote] = field(default_factory=dict)
    notebooks: Mapping[NotebookName, Notebook] = field(default_factory=dict)
    members: Mapping[MemberName, Member] = field(default_factory=dict)
    access: Access = Access()
    auth: Auth = Auth()
    store: str = "sqlite:////var/lib/gateway/gateway.db"
    log: Log = Log()
    audit: Audit = Audit()
