"""Certificates that end soon, and tickets that are not there: said by ``gateway check``, never in the way."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from gateway.config.document import Problem, dotted
from gateway.config.files import named_files
from gateway.config.keys import Keys
from gateway.core.expiry import Stage, ending, stage
from gateway.core.ssh_certificate import from_line
from gateway.core.status import CredentialStatus


def ending_soon(keys: Keys, base: FilePath, now: float) -> Iterator[Problem]:
    """Yield a word on each SSH certificate that must be renewed, and each Kerberos cache that is missing."""
    for named in named_files(keys, base):
        if named.may_be_missing and not named.file.exists():
            message = f"{named.file} is not there yet; no ticket, no log-in"
            yield Problem(named.path, f"{dotted(named.path)}: {message}")
        if named.path[0] == "remotes" and named.path[-1] == "certificate":
            complaint = _complaint(named.file, now)
            if complaint is not None:
                yield Problem(named.path, f"{dotted(named.path)}: {complaint}")


def _complaint(file: FilePath, now: float) -> str | None:
    try:
        certificate = from_line(file.read_text(encoding="utf-8"))
    except OSError:
        return None  # the check of all files says why
    except ValueError as exc:
        return f"{file} {exc}"
    if certificate.starts_at is not None and now < certificate.starts_at:
        return f"{file} is not valid yet"
    shown = CredentialStatus(
        "certificate", certificate.key_id, certificate.starts_at, certificate.expires_at
    )
    return None if stage(shown, now) is Stage.FINE else f"{file} {ending(shown, now)}; renew it"
