"""AES-GCM as asyncssh has it for one direction of a connection, with the key set up once.

asyncssh sets the key up for every packet, which takes twice as long as to encrypt a small one. Key and packet
counter stay asyncssh's; this follows them, through every exchange of keys.
"""
# ruff: noqa: SLF001  the shim's whole point

from asyncssh.crypto.cipher import AESGCM, GCMCipher, InvalidTag  # type: ignore[attr-defined]  # what it uses itself
from asyncssh.encryption import Encryption, GCMEncryption


class AesGcm:
    """Seals, or opens, the packets of whatever encryption it follows."""

    def __init__(self) -> None:
        self._followed: Encryption | None = None
        self._cipher: GCMCipher | None = None
        self._aead: AESGCM | None = None

    def follow(self, encryption: Encryption | None) -> bool:
        """Use the key of ``encryption`` from now on; return False if that is not AES-GCM."""
        if encryption is not self._followed:
            self._followed, self._cipher, self._aead = encryption, None, None
            if isinstance(encryption, GCMEncryption):
                self._cipher = encryption._cipher
                self._aead = AESGCM(self._cipher._key)
        return self._aead is not None

    def seal(self, header: bytes, packet: bytes) -> bytes:
        """Return ``packet`` encrypted, with its tag, and count it."""
        if self._aead is None or self._cipher is None:
            raise ValueError("there is no key to seal with")
        sealed = self._aead.encrypt(self._cipher._iv, packet, header)
        self._cipher._update_iv()
        return sealed

    def peek(self, header: bytes, sealed: bytes) -> bytes | None:
        """Return the packet in ``sealed``, or None if it is not genuine; it is not counted yet."""
        if self._aead is None or self._cipher is None:
            return None
        try:
            return self._aead.decrypt(self._cipher._iv, sealed, header)
        except InvalidTag:
            return None

    def count(self) -> None:
        """Go on to the next packet."""
        if self._cipher is not None:
            self._cipher._update_iv()
