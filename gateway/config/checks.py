"""What single keys can't show: whether remotes, notebooks, members and grants fit each other."""

from collections.abc import Iterable, Iterator

from gateway.config.document import Path, Problem
from gateway.config.keys import GssapiKeys, Keys, LoginKeys, NotebookKeys, RemoteKeys
from gateway.config.kinds import is_ip, public_url
from gateway.core.inventory import HostKeyPolicy, PublicUrl, Routing, SecondFactor, TokenSource
from gateway.core.passkeys import why_impossible
from gateway.core.suggest import did_you_mean

GROUP = "group:"


def check(keys: Keys) -> Iterator[Problem]:
    """Yield every problem between keys that are each fine by themselves."""
    yield from _check_server(keys)
    for name, remote in keys.remotes.items():
        yield from _check_remote(keys, name, remote)
    for name, notebook in keys.notebooks.items():
        yield from _check_notebook(keys, name, notebook)
    yield from _check_places(keys)
    yield from _check_grants(keys)
    yield from _check_subjects(keys)


def _check_subjects(keys: Keys) -> Iterator[Problem]:
    """Whoever the identity provider vouches for is one member, or none."""
    known: dict[str, str] = {}
    for name, member in keys.members.items():
        path: Path = ("members", name, "oidc")
        if member.oidc is None:
            continue
        if keys.auth.oidc is None:
            yield Problem(
                path, f"{_name(path)}: there is no provider to know them by; set auth.oidc"
            )
        if not member.oidc:
            yield Problem(path, f"{_name(path)}: a subject is not empty; leave the key out")
        other = known.setdefault(member.oidc, name)
        if other != name:
            yield Problem(path, f"{_name(path)}: {member.oidc} is {other} already")


def _check_server(keys: Keys) -> Iterator[Problem]:
    server, url = keys.server, public_url(keys.server.public_url)
    if server.routing is Routing.HOST and is_ip(url.host):
        message = f"server.routing: host needs a host name in public_url; {url.host} is an address"
        yield Problem(("server", "routing"), message)
    if server.tls is not None and not url.secure:
        yield Problem(("server", "public_url"), "server.public_url: must be https, as tls is set")
    if server.admin_listen and server.admin_listen == server.listen:
        yield Problem(("server", "admin_listen"), "server.admin_listen: the same as server.listen")
    if not keys.auth.local.enabled and keys.auth.oidc is None:
        yield Problem(("auth",), "auth: nobody can log in; enable local or set oidc")
    yield from _check_second_factor(keys, url)


def _check_second_factor(keys: Keys, url: PublicUrl) -> Iterator[Problem]:
    impossible = why_impossible(url)
    if keys.auth.local.second_factor is SecondFactor.REQUIRED and impossible:
        path: Path = ("auth", "local", "second_factor")
        message = f"auth.local.second_factor: nobody could log in; {impossible}. Set server.public_url to https://NAME"
        yield Problem(path, message)


def _check_remote(keys: Keys, name: str, remote: RemoteKeys) -> Iterator[Problem]:
    path: Path = ("remotes", name)
    if not remote.logins or ways_in(remote):
        yield from _check_credential(path, remote)
    for login, own in remote.logins.items():
        yield from _check_credential((*path, "logins", login), own)
    yield from _check_host_key(path, remote)
    if remote.jump is not None:
        yield from _check_jump(keys, name, remote.jump)


def ways_in(keys: RemoteKeys | LoginKeys) -> list[str]:
    """Return the keys that are each a way to log in."""
    return [way for way in ("identity", "agent", "gssapi") if getattr(keys, way)]


def _check_credential(path: Path, keys: RemoteKeys | LoginKeys) -> Iterator[Problem]:
    ways = ways_in(keys)
    if not ways:
        yield Problem(path, f"{_name(path)} has no way to log in; set identity, agent or gssapi")
    yield from _only_one(path, ways)
    for beside in ("passphrase_file", "certificate"):
        if getattr(keys, beside) is not None and keys.identity is None:
            yield Problem(
                (*path, beside), f"{_name(path)} has {beside}, but no identity it goes with"
            )
    if keys.gssapi is not None:
        yield from _check_ticket((*path, "gssapi"), keys.gssapi)


def _check_ticket(path: Path, keys: GssapiKeys) -> Iterator[Problem]:
    ways = [way for way in ("ccache", "keytab") if getattr(keys, way) is not None]
    yield from _only_one(path, ways)
    if keys.principal is not None and keys.keytab is None:
        yield Problem(
            (*path, "principal"), f"{_name(path)} has principal, but no keytab it goes with"
        )


def _only_one(path: Path, ways: list[str]) -> Iterator[Problem]:
    if len(ways) > 1:
        yield Problem((*path, ways[1]), f"{_name(path)} has {' and '.join(ways)}; choose one")


def _check_host_key(path: Path, remote: RemoteKeys) -> Iterator[Problem]:
    ways = [way for way in ("known_hosts", "host_key") if getattr(remote, way) is not None]
    if remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW:
        ways.append("host_key_policy")
    if not ways:
        message = "set known_hosts, host_key or host_key_policy: accept-new"
        yield Problem(path, f"{_name(path)} has no host key to be known by; {message}")
    yield from _only_one(path, ways)


def _check_jump(keys: Keys, name: str, jump: str) -> Iterator[Problem]:
    path: Path = ("remotes", name, "jump")
    if jump not in keys.remotes:
        message = (
            f"remotes.{name}.jump: no remote is called {jump}{did_you_mean(jump, keys.remotes)}"
        )
        yield Problem(path, message)
        return
    if keys.remotes[jump].login is None:
        yield Problem(("remotes", jump), f"remotes.{jump}.login is missing: {name} jumps there")
    else:
        yield from _check_login(keys, path, jump, keys.remotes[jump].login)
    way = _way(keys, name)
    if way[-1] == name:
        yield Problem(path, f"remotes.{name}.jump leads back to itself: {' → '.join(way)}")


def _way(keys: Keys, name: str) -> list[str]:
    """Return the remotes passed from ``name`` on, up to the end or the first seen twice."""
    way, here = [name], keys.remotes[name].jump
    while here in keys.remotes and here is not None:
        way.append(here)
        if way.count(here) > 1:
            break
        here = keys.remotes[here].jump
    return way


def _check_notebook(keys: Keys, name: str, notebook: NotebookKeys) -> Iterator[Problem]:
    path = ("notebooks", name)
    remote = keys.remotes.get(notebook.remote)
    if remote is None:
        hint = did_you_mean(notebook.remote, keys.remotes)
        message = f"notebooks.{name}.remote: no remote is called {notebook.remote}{hint}"
        yield Problem((*path, "remote"), message)
    elif notebook.login is None and remote.login is None:
        message = f"notebooks.{name} has no login; set it here or at remotes.{notebook.remote}"
        yield Problem(path, message)
    else:
        yield from _check_login(keys, path, notebook.remote, notebook.login or remote.login)
    if (notebook.port is None) == (notebook.socket is None):
        yield Problem(path, f"notebooks.{name} needs a port or a socket, one of the two")
    if notebook.owner is not None and notebook.owner not in keys.members:
        hint = did_you_mean(notebook.owner, keys.members)
        message = f"notebooks.{name}.owner: no member is called {notebook.owner}{hint}"
        yield Problem((*path, "owner"), message)
    yield from _check_token(path, notebook)


def _check_login(keys: Keys, path: Path, remote: str, login: str | None) -> Iterator[Problem]:
    """Where only some logins have a credential, whoever logs in must be one of them."""
    logins = keys.remotes[remote].logins
    if login is not None and logins and login not in logins and not ways_in(keys.remotes[remote]):
        hint = did_you_mean(login, logins)
        message = f"{_name(path)}: remotes.{remote} has no way to log {login} in; set identity, agent or gssapi in its logins{hint}"
        yield Problem(path, message)


def _check_token(path: Path, notebook: NotebookKeys) -> Iterator[Problem]:
    if notebook.token is TokenSource.FILE and notebook.token_file is None:
        yield Problem((*path, "token"), f"{_name(path)}.token: file needs token_file")
    if notebook.token is TokenSource.NONE and notebook.token_file is not None:
        yield Problem((*path, "token_file"), f"{_name(path)} has a token_file, but token: none")


def _check_places(keys: Keys) -> Iterator[Problem]:
    """A port or a socket of a remote belongs to one notebook, whatever the login."""
    taken: dict[tuple[str, str], list[str]] = {}
    for name, notebook in keys.notebooks.items():
        for place in _places(notebook):
            taken.setdefault((notebook.remote, place), []).append(name)
    for (remote, place), names in taken.items():
        if len(names) > 1:
            message = f"{place} of {remote} is taken twice: {', '.join(names)}"
            yield Problem(("notebooks", names[-1], place.partition(" ")[0]), message)


def _places(notebook: NotebookKeys) -> Iterator[str]:
    if notebook.port is not None:
        yield f"port {notebook.port}"
    if notebook.socket is not None:
        yield f"socket {notebook.socket}"


def _check_grants(keys: Keys) -> Iterator[Problem]:
    yield from _check_grantees(keys, ("access", "use"), keys.access.use)
    yield from _check_grantees(keys, ("access", "view"), keys.access.view)
    for name, notebook in keys.notebooks.items():
        yield from _check_grantees(keys, ("notebooks", name, "use"), notebook.use)
        yield from _check_grantees(keys, ("notebooks", name, "view"), notebook.view)


def _check_grantees(keys: Keys, path: Path, grantees: Iterable[str]) -> Iterator[Problem]:
    groups = {group for member in keys.members.values() for group in member.groups}
    for i, grantee in enumerate(grantees):
        if grantee.startswith(GROUP) and keys.auth.oidc is not None:
            continue  # the provider may know it
        known = groups if grantee.startswith(GROUP) else keys.members
        name = grantee.removeprefix(GROUP)
        if name not in known:
            whose = "no member is in a group" if known is groups else "no member is"
            message = f"{_name(path)}: {whose} called {name}{_hint(name, known, groups)}"
            yield Problem((*path, i), message)


def _hint(name: str, known: Iterable[str], groups: set[str]) -> str:
    return f"; did you mean {GROUP}{name}?" if name in groups else did_you_mean(name, known)


def _name(path: Path) -> str:
    return ".".join(str(key) for key in path)
