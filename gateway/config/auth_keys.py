"""The keys about logging in: with what, and for how long it holds."""

from pydantic import Field

from gateway.config.kinds import File, Flag, Issuer, Scope, SessionLife, Text
from gateway.config.section import Section
from gateway.core.inventory import SecondFactor


class LocalKeys(Section):
    """Members' own passwords, set through invite links."""

    enabled: Flag = Field(default=True, description="Whether members log in with a password.")
    second_factor: SecondFactor = Field(
        SecondFactor.OPTIONAL,
        description="optional: each member chooses whether a passkey is asked for beside the password;"
        " required: it is asked of all, and who has none needs an invite.",
    )


class OidcKeys(Section):
    """An OpenID Connect provider, through which members log in beside passwords or instead of them."""

    issuer: Issuer = Field(
        description="The issuer's https URL, exactly as the provider writes it; http on loopback only."
    )
    client_id: Text = Field(description="The client that the gateway is registered as.")
    client_secret_file: File | None = Field(
        None, description="The file that holds its secret; a public client has none."
    )
    name: Text = Field(
        "", description="What the log-in page calls the provider. Default: the issuer's host."
    )
    scopes: list[Scope] = Field(
        ["openid", "profile", "email"],
        description="What the provider is asked to tell of a member.",
    )
    groups_claim: Text = Field(
        "groups",
        description="The claim that lists a member's groups: they are in them as in those of this file.",
    )
    name_claim: Text = Field(
        "preferred_username",
        description="The claim that names members who are admitted; it must hold a member's name as it is.",
    )
    admit: list[Text] = Field(
        [],
        description="The provider's groups whose members become members by themselves. Empty: nobody does.",
    )
    ca_file: File | None = Field(
        None,
        description="A PEM file of the CAs that vouch for the provider's certificate. Default: the system's.",
    )


class SessionsKeys(Section):
    """How long a log-in holds."""

    idle: SessionLife = Field(
        7 * 24 * 3600.0, description="It ends when it was not used for so long."
    )
    life: SessionLife = Field(
        30 * 24 * 3600.0,
        description="It ends after so long, used or not, unless its member logs in again.",
    )


class AuthKeys(Section):
    """How members prove who they are."""

    local: LocalKeys = Field(LocalKeys(), description="Members' own passwords.")
    oidc: OidcKeys | None = Field(None, description="An OpenID Connect provider.")
    sessions: SessionsKeys = Field(SessionsKeys(), description="How long members stay logged in.")
