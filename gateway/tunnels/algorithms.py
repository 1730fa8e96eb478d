"""The algorithms that we speak SSH with: modern ones only, the fast ones first.

Ciphers: AES-GCM first, since CPUs have instructions for it and asyncssh makes one pass; no CBC. Compression stays
off: notebooks compress what is worth it. `ssh-audit -c` finds nothing to fail in what we ask for; it would in host
keys on the NIST curves, so these are asked for only where somebody has vouched for a key and no other kind fits.
"""

from typing import Final

KEX: Final = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
CIPHERS: Final = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes128-ctr",
)
AEAD: Final = frozenset(CIPHERS[:3])
MACS: Final = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")

ED25519: Final = ("ssh-ed25519",)
RSA: Final = ("rsa-sha2-512", "rsa-sha2-256")
NIST: Final = ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
HOST_KEYS: Final = ED25519 + RSA
HOST_CERTIFICATES: Final = tuple(f"{name}-cert-v01@openssh.com" for name in HOST_KEYS)
NIST_CERTIFICATES: Final = tuple(f"{name}-cert-v01@openssh.com" for name in NIST)
KEY_KINDS: Final = frozenset({*ED25519, "ssh-rsa", *NIST})
"""The kinds of key that these sign with, as known_hosts names them."""

SIGNATURES: Final = (
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    *HOST_KEYS,
    *NIST,
)
