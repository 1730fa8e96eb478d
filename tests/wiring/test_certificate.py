"""gateway.wiring.certificate: new connections see what the files hold now."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.core.inventory import Tls
from gateway.wiring.certificate import Certificate

pytestmark = pytest.mark.anyio


def write(files: Tls, name: str) -> None:
    """Write a fresh self-signed certificate of ``name``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    Path(files.certificate).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    Path(files.key).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def spoil(files: Tls) -> None:
    Path(files.certificate).write_text("nonsense")


async def presented(context: ssl.SSLContext) -> str:
    """Return the name in the certificate that a new connection is shown."""
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=context)
    host, port = server.sockets[0].getsockname()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with server:
        _, writer = await asyncio.open_connection(host, port, ssl=trusting)
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await writer.wait_closed()
    certificate = x509.load_der_x509_certificate(der)
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@pytest.fixture
def files(tmp_path: Path) -> Tls:
    files = Tls(str(tmp_path / "tls.crt"), str(tmp_path / "tls.key"))
    write(files, "old")
    return files


async def test_a_new_certificate_is_presented_after_reload(files: Tls) -> None:
    certificate = Certificate(files)
    assert await presented(certificate.context) == "old"

    write(files, "new")
    certificate.reload()

    assert await presented(certificate.context) == "new"


async def test_a_bad_certificate_leaves_the_old_one(
    files: Tls, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = Certificate(files)
    spoil(files)

    certificate.reload()

    assert await presented(certificate.context) == "old"
    assert "the old one stays" in caplog.text
