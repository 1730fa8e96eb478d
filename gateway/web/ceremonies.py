"""The two ceremonies of passkeys (WebAuthn, section 7), by py_webauthn: what a browser is asked, and if its answer holds.

A passkey is asked to verify its user each time, by a PIN, a finger or a face: so it counts for two factors by itself,
where a password is none of them. No attestation is asked for: who made a member's device is no business of ours.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Final

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.core.inventory import Member, PublicUrl
from gateway.core.passkeys import Passkey, Proof
from gateway.errors import CredentialRefused

NAME: Final = "Notebook gateway"
PATIENCE_MS: Final = 300_000
HANDLE_BYTES: Final = 32
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
_CHOICE: Final = AuthenticatorSelectionCriteria(
    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
)
_BROKEN: Final = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)
"""What py_webauthn raises for an answer that is none, whatever somebody has put into it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are good: the relying party, as WebAuthn says."""

    url: PublicUrl

    @property
    def domain(self) -> str:
        """The host's name: in host routing the main host's, and notebooks' pages can't act for it."""
        return self.url.host


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser said that a passkey says: to be believed only once it is proved."""

    passkey: str
    challenge: bytes
    handle: bytes | None
    credential: AuthenticationCredential


def asked_to_add(
    place: Place, member: Member, *, challenge: bytes, held: Sequence[Passkey], handle: bytes
) -> str:
    """Return what the browser is asked to make a passkey by, as JSON; a device that has one makes no other."""
    return options_to_json(
        generate_registration_options(
            rp_id=place.domain,
            rp_name=NAME,
            user_id=handle,
            user_name=member.name,
            user_display_name=member.called,
            challenge=challenge,
            timeout=PATIENCE_MS,
            authenticator_selection=_CHOICE,
            exclude_credentials=_named([one.id for one in held]),
        )
    )


def asked_to_prove(place: Place, *, challenge: bytes, passkeys: Sequence[str] = ()) -> str:
    """Return what the browser is asked to show a passkey by, as JSON; none named is any that it holds."""
    return options_to_json(
        generate_authentication_options(
            rp_id=place.domain,
            challenge=challenge,
            timeout=PATIENCE_MS,
            allow_credentials=_named(passkeys),
            user_verification=_VERIFIED,
        )
    )


def handle_for(held: Sequence[Passkey]) -> bytes:
    """Return what a member's devices know them by: the same for all, and random for the first."""
    return held[0].handle if held else token_bytes(HANDLE_BYTES)


def challenge_in(answer: str) -> bytes:
    """Return the challenge to which a browser says that it answers, or raise CredentialRefused."""
    try:
        client_data = base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"])
        return parse_client_data_json(client_data).challenge
    except _BROKEN as exc:
        raise CredentialRefused("this is no answer of a passkey") from exc


def answer_in(text: str) -> Answer:
    """Return what a browser sent, taken apart, or raise CredentialRefused."""
    try:
        credential = parse_authentication_credential_json(text)
    except _BROKEN as exc:
        raise CredentialRefused("this is no answer of a passkey") from exc
    handle = credential.response.user_handle
    return Answer(bytes_to_base64url(credential.raw_id), challenge_in(text), handle, credential)


def made(place: Place, answer: str, challenge: bytes) -> tuple[str, bytes, int]:
    """Return a new passkey's id, public key and count, or raise CredentialRefused."""
    try:
        passkey = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.domain,
            expected_origin=place.url.origin,
            require_user_verification=True,
        )
    except _BROKEN as exc:
        raise CredentialRefused(f"no passkey was made: {exc}") from exc
    name = bytes_to_base64url(passkey.credential_id)
    return name, passkey.credential_public_key, passkey.sign_count


def proved(place: Place, answer: Answer, passkey: Passkey) -> Proof:
    """Return the proof that ``passkey`` is at hand, or raise CredentialRefused.

    Its challenge is the caller's to judge. A count that does not go up is a copy of the passkey somewhere.
    """
    if answer.handle is not None and answer.handle != passkey.handle:
        raise CredentialRefused("the passkey is another member's")
    try:
        shown = verify_authentication_response(
            credential=answer.credential,
            expected_challenge=answer.challenge,
            expected_rp_id=place.domain,
            expected_origin=place.url.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _BROKEN as exc:
        raise CredentialRefused(f"the passkey is not proved: {exc}") from exc
    return Proof(passkey, shown.new_sign_count)


def _named(passkeys: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(name)) for name in passkeys]
