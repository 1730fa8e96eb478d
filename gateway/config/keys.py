"""Every key of ``gateway.yaml``, declared once: its kind, its default, and a sentence that says what it is."""

from typing import Annotated, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from gateway.config.auth_keys import AuthKeys
from gateway.config.kinds import (
    AUDIT_OFF,
    Agent,
    AuditLines,
    Count,
    Duration,
    File,
    Fingerprint,
    Flag,
    HeadSize,
    Host,
    Listen,
    ListenerWord,
    ListenOrOff,
    Login,
    LongDuration,
    Name,
    Network,
    Port,
    RemoteSocket,
    Retention,
    StoreUrl,
    Text,
    TicketFile,
    Url,
    VerifyWord,
)
from gateway.config.section import Section, none_is_empty
from gateway.core.inventory import HostKeyPolicy, LogFormat, Routing, Scheme, TokenSource


class LimitsKeys(Section):
    """What one client, one member and all together may take of the gateway."""

    head: HeadSize = Field(65_536, description="The longest head of a request.")
    headers: Count = Field(100, description="The most header fields of a request.")
    head_timeout: LongDuration = Field(
        15.0, description="How long a client may take to send a head."
    )
    body_idle: LongDuration = Field(30.0, description="How long a client may pause within a body.")
    upstream_timeout: LongDuration = Field(
        300.0, description="How long a notebook may take to begin its answer."
    )
    keepalive: LongDuration = Field(75.0, description="How long an idle client connection is kept.")
    connections: Count = Field(4096, description="The most client connections in all.")
    connections_per_member: Count = Field(
        512, description="The most requests and WebSockets that one member may have open at once."
    )


class TlsKeys(Section):
    """Our own certificate; reloaded when the files change."""

    certificate: File = Field(description="A PEM file: the certificate, then its chain.")
    key: File = Field(description="A PEM file: the private key.")


class ServerKeys(Section):
    """The entry point: where it listens, what it is called, whom it believes."""

    listen: Listen = Field("127.0.0.1:8000", description="The address that members reach.")
    admin_listen: ListenOrOff = Field("", description="The address of the metrics; off when empty.")
    public_url: Url = Field(
        description="What members type: scheme://host[:port]. Its scheme decides about Secure cookies."
    )
    routing: Routing = Field(
        Routing.PATH,
        description="path: /NAME/ on one host, for teams whose members trust each other;"
        " host: NAME.HOST, one origin for each notebook.",
    )
    tls: TlsKeys | None = Field(None, description="Our own certificate; without it we speak http.")
    trusted_proxies: list[Network] = Field(
        [],
        description="The networks whose X-Forwarded-* headers are believed; nobody's by default.",
    )
    hold: Duration = Field(
        5.0, description="How long a request waits for a notebook whose tunnel is coming back."
    )
    grace: Duration = Field(10.0, description="How long running requests may go on when we stop.")
    limits: LimitsKeys = Field(LimitsKeys(), description="What a client may take.")


class GssapiKeys(Section):
    """Where a Kerberos ticket comes from."""

    ccache: TicketFile | None = Field(
        None, description="A cache file that somebody else fills and renews."
    )
    keytab: File | None = Field(
        None, description="A keytab; the gateway gets tickets with it, and renews them."
    )
    principal: Text | None = Field(
        None, description="Whose ticket to get with the keytab; default: the first one's in it."
    )


def _gssapi(value: object) -> object:
    """Take ``true`` for the ticket of the environment."""
    if isinstance(value, bool):
        return {} if value else None
    if value is not None and not isinstance(value, dict | GssapiKeys):
        raise ValueError("must be true, false, {ccache: FILE} or {keytab: FILE, principal: NAME}")
    return value


def _gssapi_written(keys: GssapiKeys | None) -> dict[str, object] | bool:
    if keys is None:
        return False
    return keys.model_dump(mode="json", exclude_none=True) or True


class _OrFlag:
    """Tells editors that true and false may stand there too."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "boolean"}, *handler(core_schema)["anyOf"]]}


Identity = Annotated[
    File | None, Field(description="A private key file; its owner alone may read it.")
]
PassphraseFile = Annotated[
    File | None, Field(description="The file that holds the key's passphrase.")
]
Certificate = Annotated[
    File | None, Field(description="An OpenSSH certificate that goes with the key.")
]
AgentKey = Annotated[
    Agent,
    Field(
        description="Use the keys of the ssh-agent at SSH_AUTH_SOCK; a path is where it listens instead."
    ),
]
Gssapi = Annotated[
    GssapiKeys | None,
    BeforeValidator(_gssapi),
    PlainSerializer(_gssapi_written),
    _OrFlag(),
    Field(
        description="Use Kerberos. true: the ticket of KRB5CCNAME; a map: of a cache file, or got with a keytab."
    ),
]


class LoginKeys(Section):
    """What one login proves itself with."""

    identity: Identity = None
    passphrase_file: PassphraseFile = None
    certificate: Certificate = None
    agent: AgentKey = False
    gssapi: Gssapi = None


Logins = Annotated[dict[Login, LoginKeys], BeforeValidator(none_is_empty)]


def _ask_for_a_host(schema: JsonSchemaValue) -> None:
    """Tell editors that an ssh_config may say the host, too."""
    del schema["required"]
    schema["anyOf"] = [{"required": ["host"]}, {"required": ["ssh_config"]}]


class RemoteKeys(Section):
    """A shared machine, and how to get in."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra=_ask_for_a_host)

    ssh_config: File | None = Field(
        None,
        description="An OpenSSH client configuration: what it says of the host counts where nothing is said here.",
    )
    host: Host = Field(
        description="Its name or IP address; with an ssh_config: its HostName, or else the remote's name."
    )
    port: Port = Field(22, description="The port of its sshd.")
    login: Login | None = Field(
        None, description="The Unix account, unless a notebook names another."
    )
    identity: Identity = None
    passphrase_file: PassphraseFile = None
    certificate: Certificate = None
    agent: AgentKey = False
    gssapi: Gssapi = None
    logins: Logins = Field(
        {}, description="Logins that prove themselves with something else than the remote's own."
    )
    known_hosts: File | None = Field(None, description="A known_hosts file with its host key.")
    host_key: Fingerprint | None = Field(None, description="Its host key's fingerprint.")
    host_key_policy: HostKeyPolicy = Field(
        HostKeyPolicy.STRICT,
        description="strict: only the key that we were given; accept-new: pin the first one seen.",
    )
    host_key_alias: Host | None = Field(
        None,
        description="What it is called in known_hosts and in its host certificate; default: host.",
    )
    jump: Name | None = Field(None, description="Another remote that leads to this one.")
    connect_timeout: LongDuration | None = Field(
        None, description="How long connecting and logging in may take; default: 10s."
    )
    keepalive: LongDuration = Field(
        5.0, description="How often it is asked whether it lives; lost after three unanswered."
    )
    idle: LongDuration | None = Field(
        None,
        description="How long nobody may use a notebook of a tunnel before the tunnel closes its"
        " connection and sleeps; the next request wakes it. Without it, tunnels stay up.",
    )
    knock: Duration = Field(
        180.0,
        description="How often to knock at the port of its sshd while tunnels are up, to see whether a lost one could"
        " be dialled again; 0s: never. Each knock is a line in sshd's log.",
    )


class NotebookKeys(Section):
    """One server on a fixed port, or Unix socket, of a remote."""

    remote: Name = Field(description="The remote that it runs on.")
    port: Port | None = Field(None, description="The port that it listens on, on loopback there.")
    socket: RemoteSocket | None = Field(
        None, description="The Unix socket that it listens on instead."
    )
    login: Login | None = Field(None, description="The Unix account; default: the remote's login.")
    owner: Name | None = Field(
        None, description="The member whose it is; default: the member of the same name."
    )
    scheme: Scheme = Field(Scheme.AUTO, description="How it is spoken to; auto asks it.")
    verify: VerifyWord = Field(
        None,
        description="For https: a file of CAs, the certificate's own SHA256:… fingerprint, or false"
        " for no check; default: the system's CAs.",
    )
    token: TokenSource = Field(
        TokenSource.AUTO,
        description="Its own token, added on the way. auto: from the runtime file that Jupyter writes,"
        " else from token_file; file: from token_file; none: its log-in page passes through.",
    )
    token_file: File | None = Field(None, description="A file that holds its token.")
    listener: ListenerWord | None = Field(
        None,
        description="Whose process must listen there: a Unix account's name or uid; any: nobody looks."
        " Default: the login's, as far as the login can see that; if it is given, it must be seen.",
    )
    use: list[Text] = Field([], description="Who else may use it: members and group:NAME.")
    view: list[Text] = Field(
        [],
        description="Who may look at it and change nothing: members and group:NAME. Jupyter only.",
    )


class MemberKeys(Section):
    """A person with an account at the gateway."""

    name: Text = Field("", description="What to call them.")
    email: Text = Field("", description="Their address.")
    groups: list[Name] = Field([], description="The groups that they are in.")
    admin: Flag = Field(default=False, description="Whether they see all tunnels and members.")
    oidc: Text | None = Field(
        None,
        description="Who they are to the identity provider: the subject (sub) that it knows them by.",
    )


class AccessKeys(Section):
    """Grants for every notebook, beside its own."""

    use: list[Text] = Field([], description="Who may use every notebook: members and group:NAME.")
    view: list[Text] = Field(
        [], description="Who may look at every notebook: members and group:NAME."
    )


class LogKeys(Section):
    """How much is logged, and in what form."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least level."
    )
    format: LogFormat = Field(
        LogFormat.AUTO, description="auto: text on a terminal, JSON elsewhere; or one of the two."
    )


class AuditKeys(Section):
    """The log of who did what, when and from where."""

    retention: Retention = Field(
        365 * 24 * 3600.0, description="How long its lines are kept in the store; a day at least."
    )
    lines: AuditLines = Field(
        AUDIT_OFF,
        description="Where each line is written as JSON, too: off, stdout, or a file, to which it is appended.",
    )


Remotes = Annotated[dict[Name, RemoteKeys], BeforeValidator(none_is_empty)]
Notebooks = Annotated[dict[Name, NotebookKeys], BeforeValidator(none_is_empty)]
Members = Annotated[dict[Name, MemberKeys], BeforeValidator(none_is_empty)]


class Keys(Section):
    """The configuration of the notebook gateway."""

    version: Literal[1] = Field(1, description="The version of this file's form.")
    server: ServerKeys = Field(description="The entry point.")
    remotes: Remotes = Field({}, description="The machines that notebooks run on, by name.")
    notebooks: Notebooks = Field({}, description="The notebooks, by name; the name is in the URL.")
    members: Members = Field({}, description="The people with an account, by name.")
    access: AccessKeys = Field(
        AccessKeys(), description="Grants for every notebook, beside its own."
    )
    auth: AuthKeys = Field(AuthKeys(), description="How members prove who they are.")
    store: StoreUrl = Field(
        "sqlite:////var/lib/gateway/gateway.db",
        description="The database: sqlite:////PATH, or postgresql+psycopg://USER@HOST/NAME"
        " (a password goes into a file: ?passfile=/run/secrets/pgpass).",
    )
    log: LogKeys = Field(LogKeys(), description="How much is logged, and in what form.")
    audit: AuditKeys = Field(
        AuditKeys(), description="The log of who did what, when and from where."
    )
