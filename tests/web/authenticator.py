"""A device that keeps passkeys, in software: real keys and signatures, and a browser's words around them.

What it says can be bent in every way that a refusal is about.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@dataclass
class Authenticator:
    """One device with one passkey, looked at by a browser that is at ``origin``."""

    origin: str
    domain: str
    count: int = 0
    """How often it was used; it counts up by itself."""
    flags: int = PRESENT | VERIFIED
    id: bytes = field(default_factory=lambda: token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    handle: bytes = b""

    @property
    def name(self) -> str:
        return encoded(self.id)

    def make(self, asked: str) -> str:
        """Answer to being asked to make a passkey, as the page's script sends it."""
        options = json.loads(asked)
        self.handle = decoded(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._authenticator_data(ATTESTED) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client_data, attestationObject=made)

    def prove(self, asked: str) -> str:
        """Answer to being asked to show the passkey."""
        self.count += 1
        client_data = self._client_data("webauthn.get", json.loads(asked)["challenge"])
        data = self._authenticator_data()
        signed = data + sha256(client_data).digest()
        return self._answer(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(SHA256())),
            userHandle=self.handle,
        )

    def _answer(self, **response: bytes) -> str:
        said = {name: encoded(content) for name, content in response.items() if content}
        name = self.name
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": said})

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _authenticator_data(self, more: int = 0) -> bytes:
        rp = sha256(self.domain.encode()).digest()
        return rp + bytes([self.flags | more]) + self.count.to_bytes(4)
