"""gateway.provider: a log-in with a provider over real HTTP, and every answer of it that is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.inventory import Oidc
from gateway.core.provider_answer import Arrival, Asked
from gateway.errors import ProviderRefused, ProviderUnavailable
from gateway.provider import known
from gateway.provider.asking import Asking, trust_of
from gateway.provider.provider import Provider
from tests.provider.conftest import Configured
from tests.provider.fake_provider import (
    CLIENT,
    SECRET,
    FakeProvider,
    ec_key,
    rsa_key,
    unsigned,
    with_a_key_of_its_own,
    with_public_key_as_secret,
)

pytestmark = pytest.mark.anyio

ASKED = Asked("state", "nonce", "v" * 64, "http://localhost:8000/-/oidc/callback")


async def arrive(idp: FakeProvider, provider: Provider, **changes: str) -> Arrival:
    return await provider.arrival(idp.log_in(await provider.way_in(ASKED), **changes), ASKED)


async def test_a_log_in_with_all_that_is_told(idp: FakeProvider, provider: Provider) -> None:
    idp.claims |= {"preferred_username": "alice", "name": "Alice Liddell", "groups": ["staff"]}
    idp.claims |= {"email": "alice@example.org", "email_verified": True}

    arrival = await arrive(idp, provider)

    assert (arrival.issuer, arrival.subject, arrival.sid) == (idp.issuer, "s-alice", "p-1")
    assert (arrival.name, arrival.full_name) == ("alice", "Alice Liddell")
    assert (arrival.groups, arrival.email) == ({"staff"}, "alice@example.org")
    assert "/userinfo" not in idp.seen


async def test_what_the_token_does_not_tell_userinfo_does(
    idp: FakeProvider, provider: Provider
) -> None:
    """What is signed counts more."""
    idp.claims |= {"name": "Alice Liddell"}
    idp.userinfo = {"sub": "s-alice", "groups": ["staff"], "name": "Mallory"}

    arrival = await arrive(idp, provider)

    assert (arrival.groups, arrival.full_name) == ({"staff"}, "Alice Liddell")


async def test_userinfo_of_somebody_else_is_refused(idp: FakeProvider, provider: Provider) -> None:
    idp.userinfo = {"sub": "s-bob", "groups": ["staff"]}

    with pytest.raises(ProviderRefused, match="somebody else"):
        await arrive(idp, provider)


@pytest.fixture
def quiet(idp: FakeProvider) -> FakeProvider:
    """A provider that tells all in the ID token, so that userinfo is not asked."""
    idp.claims |= {"preferred_username": "alice", "name": "Alice", "groups": []}
    return idp


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"sign": unsigned}, "signed with 'none'", id="D7 alg none"),
        pytest.param({"sign": with_public_key_as_secret}, "signed with 'HS256'", id="D7 HS256 with the public key"),
        pytest.param({"sign": with_public_key_as_secret, "rsa": True}, "signed with 'HS256'", id="D7 HS256 with the RSA public key"),
        pytest.param({"sign": with_a_key_of_its_own}, "signature does not hold", id="a key in the header"),
        pytest.param({"header": {"crit": ["x"], "x": 1}}, "crit", id="D7 unknown crit"),
        pytest.param({"header": {"typ": "logout+jwt"}}, "of type", id="a logout token as ID token"),
        pytest.param({"claims": {"aud": "another"}}, "is for", id="D7 wrong aud"),
        pytest.param({"claims": {"iss": "https://evil.example"}}, "is of", id="D7 wrong iss"),
        pytest.param({"claims": {"exp": 1}}, "expired", id="D7 exp over"),
        pytest.param({"claims": {"azp": "another"}}, "was made for", id="D7 wrong azp"),
        pytest.param({"claims": {"nonce": "of an earlier log-in"}}, "nonce", id="D7 reused nonce"),
        pytest.param({"claims": {"nonce": None, "nonce_supported": False}}, "nonce", id="D7 nonce_supported false"),
        pytest.param({"claims": {"at_hash": "AAAA"}}, "at_hash", id="D7 at_hash of another token"),
        pytest.param({"claims": {"sub": None}}, "no sub", id="no sub"),
    ],
)  # fmt: skip
async def test_an_id_token_is_refused(
    quiet: FakeProvider, provider: Provider, wrong: dict[str, object], said: str
) -> None:
    if wrong.pop("rsa", False):
        quiet.key = rsa_key("rsa")
    for name, value in wrong.items():
        setattr(quiet, name, quiet.claims | value if name == "claims" else value)

    with pytest.raises(ProviderRefused, match=said):
        await arrive(quiet, provider)


async def test_rsa_is_taken_too(quiet: FakeProvider, provider: Provider) -> None:
    quiet.key = rsa_key("rsa")

    assert (await arrive(quiet, provider)).subject == "s-alice"


async def test_a_changed_token_is_refused(quiet: FakeProvider, provider: Provider) -> None:
    """One letter of the claims is enough."""

    def changed(idp: FakeProvider, claims: dict[str, object]) -> str:
        head, body, signature = idp.signed({}, claims).split(".")
        return ".".join(
            [head, body.replace(body[10], "A" if body[10] != "A" else "B", 1), signature]
        )

    quiet.sign = changed

    with pytest.raises(ProviderRefused):
        await arrive(quiet, provider)


async def test_a_code_is_good_once(quiet: FakeProvider, provider: Provider) -> None:
    """Threat D8: a replayed code buys nothing."""
    answer = quiet.log_in(await provider.way_in(ASKED))
    await provider.arrival(answer, ASKED)

    with pytest.raises(ProviderRefused, match="invalid_grant; the code was used before"):
        await provider.arrival(answer, ASKED)


async def test_a_code_of_another_log_in_is_refused(quiet: FakeProvider, provider: Provider) -> None:
    """Threat D8: a code that somebody planted fits neither verifier nor nonce."""
    planted = quiet.log_in(await provider.way_in(ASKED))
    mine = replace(ASKED, nonce="mine", verifier="w" * 64)

    with pytest.raises(ProviderRefused):
        await provider.arrival(planted, mine)


async def test_an_answer_of_another_issuer_is_refused(
    quiet: FakeProvider, provider: Provider
) -> None:
    """RFC 9207: before the code goes anywhere."""
    with pytest.raises(ProviderRefused):
        await arrive(quiet, provider, iss="https://evil.example")

    assert "/token" not in quiet.seen


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
async def test_proves_itself_with_the_secret(
    quiet: FakeProvider, provider: Provider, way: str
) -> None:
    quiet.metadata["token_endpoint_auth_methods_supported"] = [way]

    assert (await arrive(quiet, provider)).subject == "s-alice"


async def test_a_wrong_secret_is_named(
    quiet: FakeProvider, provider: Provider, tmp_path: Path
) -> None:
    """And one that is put right counts at once."""
    write_secret(tmp_path, "wrong")
    with pytest.raises(ProviderRefused, match=r"invalid_client; is auth\.oidc\.client_secret_file"):
        await arrive(quiet, provider)

    write_secret(tmp_path, SECRET)

    assert (await arrive(quiet, provider)).subject == "s-alice"


def write_secret(directory: Path, secret: str) -> None:
    (directory / "secret").write_text(secret)


async def test_a_public_client_has_no_secret(quiet: FakeProvider) -> None:
    quiet.metadata["public"] = True
    provider = Provider(lambda: Oidc(quiet.issuer, CLIENT))

    assert (await arrive(quiet, provider)).subject == "s-alice"
    await provider.close()


# --- what is known of it ---


class Clock:
    def __init__(self) -> None:
        self.skipped = 0.0
        self.start = known.FRESH_SECONDS

    def __call__(self) -> float:
        return self.start + self.skipped


async def test_a_new_key_is_fetched_when_it_is_used(
    quiet: FakeProvider, provider: Provider
) -> None:
    """Providers change their keys without a word."""
    await arrive(quiet, provider)
    quiet.key = ec_key("two")

    assert (await arrive(quiet, provider)).subject == "s-alice"
    assert quiet.seen.count("/keys") == 2


async def test_unknown_keys_don_t_have_the_provider_asked_without_end(
    quiet: FakeProvider, provider: Provider
) -> None:
    """Anybody may send logout tokens that name keys that never were."""
    quiet.listed, quiet.key = [ec_key("one")], ec_key("never listed")
    for _ in range(5):
        with pytest.raises(ProviderRefused, match="never listed"):
            await provider.logged_out(quiet.logout_token(sid="p-1"))

    assert quiet.seen.count("/keys") == 2


async def test_metadata_is_kept(quiet: FakeProvider, provider: Provider) -> None:
    for _ in range(3):
        await arrive(quiet, provider)

    assert quiet.seen.count("/.well-known/openid-configuration") == 1
    assert quiet.seen.count("/keys") == 1


async def test_a_provider_that_is_away_is_said_to_be(
    quiet: FakeProvider, provider: Provider
) -> None:
    """And is not asked again by everybody who comes."""
    quiet.away = True
    for _ in range(3):
        with pytest.raises(ProviderUnavailable, match="answers 503"):
            await provider.way_in(ASKED)

    assert len(quiet.seen) == 1


async def test_nothing_listens_there() -> None:
    provider = Provider(lambda: Oidc("http://127.0.0.1:1", CLIENT))

    with pytest.raises(ProviderUnavailable, match=r"http://127\.0\.0\.1:1/\.well-known.*: "):
        await provider.way_in(ASKED)
    await provider.close()


async def test_another_issuer_than_configured_is_refused(
    quiet: FakeProvider, provider: Provider
) -> None:
    quiet.metadata["issuer"] = quiet.issuer + "/"

    with pytest.raises(ProviderUnavailable, match="write it exactly so"):
        await provider.way_in(ASKED)


async def test_what_was_learnt_holds_while_the_provider_is_away(
    quiet: FakeProvider, configured: Configured
) -> None:
    clock, asking = Clock(), asking_of(configured)
    seen = known.Known(quiet.issuer, asking, clock)
    await seen.metadata()
    keys = await seen.keys()
    quiet.away = True
    clock.skipped = 2 * known.FRESH_SECONDS

    assert (await seen.metadata()).issuer == quiet.issuer
    assert await seen.keys() is keys
    await asking.close()


def asking_of(configured: Configured) -> Asking:
    assert configured.oidc is not None
    return Asking(configured.oidc, trust_of(None))


async def test_a_new_configuration_is_another_provider(
    quiet: FakeProvider, provider: Provider, configured: Configured
) -> None:
    await provider.way_in(ASKED)
    assert configured.oidc is not None
    configured.oidc = replace(configured.oidc, scopes=("openid", "groups"))

    assert "scope=openid+groups" in (await provider.way_in(ASKED)).replace("%20", "+")
    configured.oidc = None
    with pytest.raises(ProviderUnavailable, match="no provider is configured"):
        await provider.way_in(ASKED)


async def test_an_answer_without_end_is_cut(quiet: FakeProvider, provider: Provider) -> None:
    quiet.metadata["filler"] = "x" * 1_100_000

    with pytest.raises(ProviderUnavailable, match="longer than"):
        await provider.way_in(ASKED)


# --- logging out ---


async def test_a_logout_token_is_good_once(quiet: FakeProvider, provider: Provider) -> None:
    token = quiet.logout_token(sub="s-alice")

    told = await provider.logged_out(token)

    assert (told.subject, told.sid) == ("s-alice", None)
    with pytest.raises(ProviderRefused, match="acted on before"):
        await provider.logged_out(token)
    provider.forget_logout(told)
    assert await provider.logged_out(token) == told


@pytest.mark.parametrize(
    "changes",
    [{"nonce": "n"}, {"events": None}, {"aud": "another"}, {"iss": "https://evil"}, {"exp": 1}, {"sid": None}],
    ids=str,
)  # fmt: skip
async def test_a_logout_token_is_refused(
    quiet: FakeProvider, provider: Provider, changes: dict[str, object]
) -> None:
    with pytest.raises(ProviderRefused):
        await provider.logged_out(quiet.logout_token(**{"sid": "p-1", **changes}))


async def test_an_id_token_is_no_logout_token(quiet: FakeProvider, provider: Provider) -> None:
    token = (await arrive(quiet, provider)).id_token

    with pytest.raises(ProviderRefused):
        await provider.logged_out(token)


async def test_the_way_out(quiet: FakeProvider, provider: Provider) -> None:
    url = await provider.way_out(back="http://localhost:8000/bye", state="s", id_token="t.t.t")

    assert url is not None
    assert url.startswith(f"{quiet.issuer}/end?client_id=gateway&post_logout_redirect_uri=http%3A")
    assert url.endswith("&state=s&id_token_hint=t.t.t")


async def test_nobody_waits_for_a_way_out(quiet: FakeProvider, provider: Provider) -> None:
    quiet.away = True

    assert await provider.way_out(back="http://localhost/", state="s", id_token="t") is None


async def test_is_examined_for_gateway_check(quiet: FakeProvider, provider: Provider) -> None:
    metadata, keys = await provider.examined()

    assert (metadata.issuer, keys, metadata.logs_out) == (quiet.issuer, 1, True)
