"""The gateway's own certificate: a TLS context whose files may change while it is in use."""

import logging
import ssl

from gateway.core.inventory import Tls

log = logging.getLogger(__name__)


class Certificate:
    """One TLS context; what it presents to new connections follows the files."""

    def __init__(self, files: Tls) -> None:
        self._files = files
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._load()

    def reload(self) -> None:
        """Present what the files hold now; a bad file is reported and the old certificate stays."""
        try:
            self._load()
        except OSError as exc:  # ssl.SSLError is one
            log.error("certificate %s: %s; the old one stays", self._files.certificate, exc)  # noqa: TRY400 - the reason is enough
        else:
            log.info("certificate %s: read again", self._files.certificate)

    def _load(self) -> None:
        self.context.load_cert_chain(self._files.certificate, self._files.key)
