"""gateway.core.provider_answer: what comes back with a browser, and who that is."""

import pytest

from gateway.core.inventory import Oidc
from gateway.core.provider_answer import Arrival, arrival_of, code_in, wanting
from gateway.core.provider_metadata import Metadata
from gateway.core.provider_tokens import Claims
from gateway.errors import ProviderRefused

ISSUER = "https://idp.example"
OIDC = Oidc(ISSUER, "gateway")
SAYS = Metadata(ISSUER, "", "", "", says_issuer=True)
SILENT = Metadata(ISSUER, "", "", "")


@pytest.mark.parametrize(
    ("answer", "metadata"),
    [
        ({"code": "c", "iss": ISSUER}, SAYS),
        ({"code": "c", "iss": ISSUER}, SILENT),
        ({"code": "c"}, SILENT),
    ],
)
def test_code_of_the_right_issuer(answer: dict[str, str], metadata: Metadata) -> None:
    assert code_in(answer, metadata) == "c"


@pytest.mark.parametrize(
    ("answer", "metadata", "denied"),
    [
        pytest.param({"code": "c", "iss": "https://evil.example"}, SAYS, False, id="RFC 9207 another issuer"),
        pytest.param({"code": "c", "iss": "https://evil.example"}, SILENT, False, id="RFC 9207 unasked"),
        pytest.param({"code": "c"}, SAYS, False, id="RFC 9207 issuer left out"),
        pytest.param({"error": "access_denied"}, SILENT, True, id="the person said no"),
        pytest.param({"error": "server_error"}, SILENT, False, id="the provider failed"),
        pytest.param({}, SILENT, False, id="nothing"),
        pytest.param({"code": "c" * 4097}, SILENT, False, id="huge code"),
    ],
)  # fmt: skip
def test_answer_is_refused(answer: dict[str, str], metadata: Metadata, denied: bool) -> None:  # noqa: FBT001
    with pytest.raises(ProviderRefused) as refusal:
        code_in(answer, metadata)

    assert refusal.value.denied is denied


def test_provider_s_words_can_t_forge_a_line_of_the_log() -> None:
    with pytest.raises(ProviderRefused) as refusal:
        code_in({"error": "x\r\nfake", "error_description": "y" * 999}, SILENT)

    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def arrived(**claims: object) -> Arrival:
    return arrival_of(claims, OIDC, subject="s-1", id_token="t")


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (["a", "/b/c", "d e"], {"a", "/b/c", "d e"}),
        ("a", {"a"}),
        (None, set()),
        ({"a": 1}, set()),
        (["a", 7, "", "x\n", "y" * 257], {"a"}),
    ],
)
def test_groups(claim: object, groups: set[str]) -> None:
    assert arrived(groups=claim).groups == groups


def test_no_groups_claim_is_no_group() -> None:
    """Threat D10: what is missing grants nothing."""
    assert arrived(roles=["a"]).groups == frozenset()


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "a@b.example"}, "a@b.example"),
        ({"email": "a@b.example", "email_verified": False}, ""),
        ({"email": "a@evil.example@corp.example"}, ""),
        ({"email": "a@b.example\n"}, ""),
        ({"email": "a"}, ""),
        ({"email": 7}, ""),
    ],
)
def test_email_is_shown_where_it_is_one(claims: Claims, email: str) -> None:
    assert arrived(**claims).email == email


@pytest.mark.parametrize(
    ("claims", "asks"),
    [
        ({"groups": [], "preferred_username": "a", "name": "A"}, False),
        ({"preferred_username": "a", "name": "A"}, True),
        ({}, True),
    ],
)
def test_userinfo_is_asked_for_what_is_missing(claims: Claims, asks: bool) -> None:  # noqa: FBT001
    assert wanting(claims, OIDC) is asks
