"""What is allowed, and may not be meant: said by ``gateway check``, never in the way."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.config.document import Path, Problem, dotted
from gateway.config.keys import Keys, NotebookKeys
from gateway.config.kinds import address, is_ip, public_url
from gateway.core.inventory import HostKeyPolicy, PublicUrl, Routing
from gateway.core.listener import ANYBODY
from gateway.core.suggest import did_you_mean


def warn(keys: Keys) -> Iterator[Problem]:
    """Yield what an administrator should have decided knowingly; owners are already filled in."""
    yield from _about_server(keys)
    for name, remote in keys.remotes.items():
        if remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW:
            message = f"remotes.{name}: whoever answers first is believed to be {remote.host}"
            yield Problem(("remotes", name, "host_key_policy"), message)
        yield from _about_logins(keys, name)
    for name, notebook in keys.notebooks.items():
        yield from _about_notebook(keys, name, notebook)
    if urlsplit(keys.store).password is not None:
        message = "store: holds a password; put it into a file: ?passfile=/run/secrets/pgpass"
        yield Problem(("store",), message)


def _about_server(keys: Keys) -> Iterator[Problem]:
    server, url = keys.server, public_url(keys.server.public_url)
    path: Path = ("server", "public_url")
    owners = {notebook.owner for notebook in keys.notebooks.values() if notebook.owner is not None}
    if server.routing is Routing.PATH and len(owners) > 1:
        message = (
            "server.routing: path puts all notebooks on one browser origin, so a script in one"
            " can act in the others as whoever looks at it: the members have to trust each other."
            " If they don't, choose routing: host"
        )
        yield Problem(("server", "routing"), message)
    if not url.secure and not _is_loopback(url):
        message = f"server.public_url: {url.origin} is not https; passwords travel in the clear"
        yield Problem(path, message)
    if url.secure and server.tls is None and not server.trusted_proxies:
        message = (
            "server.public_url: is https, but neither tls nor trusted_proxies is set;"
            " all members will seem to have the proxy's address"
        )
        yield Problem(path, message)
    if server.admin_listen and not _is_loopback_host(address(server.admin_listen).host):
        message = f"server.admin_listen: {server.admin_listen} shows the metrics to the network"
        yield Problem(("server", "admin_listen"), message)


def _about_logins(keys: Keys, name: str) -> Iterator[Problem]:
    remote = keys.remotes[name]
    used = {n.login for n in keys.notebooks.values() if n.remote == name and n.login is not None}
    if remote.login is not None and any(other.jump == name for other in keys.remotes.values()):
        used.add(remote.login)
    for login in remote.logins.keys() - used:
        path: Path = ("remotes", name, "logins", login)
        yield Problem(
            path, f"{dotted(path)}: no notebook uses this login{did_you_mean(login, used)}"
        )


def _about_notebook(keys: Keys, name: str, notebook: NotebookKeys) -> Iterator[Problem]:
    path: Path = ("notebooks", name)
    granted = notebook.use or notebook.view or keys.access.use or keys.access.view
    if notebook.owner is None and not granted:
        yield Problem(path, f"notebooks.{name}: has no owner and no grant, so nobody may open it")
    if notebook.verify == "false":
        message = f"notebooks.{name}: whoever holds its port is believed to be the notebook"
        yield Problem((*path, "verify"), message)
    if notebook.listener == ANYBODY:
        place = "port" if notebook.socket is None else "socket"
        message = (
            f"notebooks.{name}.listener: any account there that takes the {place} while the notebook is"
            " down gets its visitors, and a token_file's token; name the account, if there is one"
        )
        yield Problem((*path, "listener"), message)


def _is_loopback(url: PublicUrl) -> bool:
    return _is_loopback_host(url.host.strip("[]"))


def _is_loopback_host(host: str) -> bool:
    if is_ip(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")
