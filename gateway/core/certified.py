"""Public keys that are offered to a remote: what they are, and whether their certificates are of the present."""

from collections.abc import Sequence

from gateway.core.expiry import ending
from gateway.core.names import RemoteName
from gateway.core.ssh_certificate import SshCertificate, certificate_in, fingerprint
from gateway.core.ssh_credential import AgentKeys, KeyFile, means
from gateway.core.status import CredentialStatus
from gateway.errors import Reason, RemoteRejected


def shown(blobs: Sequence[bytes]) -> CredentialStatus:
    """Return what administrators are shown of the public keys ``blobs``, of which there is one at least.

    Of certificates the one that lasts longest counts. A plain key beside one is that certificate's own.
    """
    certificates = _certificates(blobs)
    if not certificates:
        more = f" and {len(blobs) - 1} more" if len(blobs) > 1 else ""
        return CredentialStatus("key", f"{fingerprint(blobs[0])}{more}")
    last = max(certificates, key=_end)
    return CredentialStatus("certificate", last.key_id, last.starts_at, last.expires_at)


def refuse_untimely(
    blobs: Sequence[bytes], remote: RemoteName, credential: KeyFile | AgentKeys, *, now: float
) -> None:
    """Raise RemoteRejected when there is nothing to offer but certificates of another time."""
    certificates = _certificates(blobs)
    if _other_keys(blobs, certificates) or any(_good(each, now) for each in certificates):
        return
    what = f"remote {remote}: {means(credential)}"
    if any(_early(each, now) for each in certificates):
        detail = f"{what} is not valid yet; if its dates are right, the gateway's clock is slow"
        raise RemoteRejected(Reason.IDENTITY_UNUSABLE, detail)
    detail = f"{what} {ending(shown(blobs), now)}; put a renewed one in its place"
    raise RemoteRejected(Reason.CREDENTIAL_EXPIRED, detail)


def _certificates(blobs: Sequence[bytes]) -> list[SshCertificate]:
    found = map(certificate_in, blobs)
    return [certificate for certificate in found if certificate is not None]


def _other_keys(blobs: Sequence[bytes], certificates: Sequence[SshCertificate]) -> set[bytes]:
    """Return the plain keys, without those that are only there for their certificates."""
    plain = {blob for blob in blobs if certificate_in(blob) is None}
    return plain - {each.key for each in certificates}


def _end(certificate: SshCertificate) -> float:
    return float("inf") if certificate.expires_at is None else certificate.expires_at


def _good(certificate: SshCertificate, now: float) -> bool:
    return not _early(certificate, now) and now < _end(certificate)


def _early(certificate: SshCertificate, now: float) -> bool:
    return certificate.starts_at is not None and now < certificate.starts_at
