"""An OpenID provider on loopback: real HTTP, real signatures, and every way of going wrong at will."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from gateway.core.provider_tokens import LOGOUT_EVENT

CLIENT, SECRET = "gateway", "s3cret/with+signs"


@cache
def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


@cache
def rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class Code:
    """What a code stands for."""

    asked: Mapping[str, str]
    used: bool = False


@dataclass
class FakeProvider:
    """What the provider holds, and what it gets wrong."""

    port: int = 0
    key: Key = field(default_factory=lambda: ec_key("one"))
    listed: list[Key] = field(default_factory=list)
    """The keys that it publishes; empty: the one that it signs with."""
    claims: dict[str, object] = field(default_factory=lambda: {"sub": "s-alice"})
    """What an ID token says; None leaves a claim out."""
    header: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)
    userinfo: dict[str, object] | None = None
    sign: Callable[["FakeProvider", dict[str, object]], str] | None = None
    away: bool = False
    seen: list[str] = field(default_factory=list)
    """Paths that were asked for."""
    codes: dict[str, Code] = field(default_factory=dict)
    made: int = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- what a browser does there ---

    def log_in(self, url: str, **changes: str) -> dict[str, str]:
        """Log somebody in who was sent to ``url``; return what the browser takes back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.issuer}/auth?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = Code(asked)
        return {"code": code, "state": asked["state"], "iss": self.issuer, **changes}

    def logout_token(self, **changes: object) -> str:
        now = int(time.time())
        self.made += 1
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 120,
            "jti": f"j-{self.made}",
            "events": {LOGOUT_EVENT: {}},
            **changes,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return self.signed({"typ": "logout+jwt"}, told)

    # --- what the gateway asks ---

    def answer(self, path: str, form: Mapping[str, str], authorization: str) -> tuple[int, object]:
        self.seen.append(path)
        if self.away:
            return 503, {}
        answers: dict[str, Callable[[], tuple[int, object]]] = {
            "/.well-known/openid-configuration": lambda: (200, self._metadata()),
            "/keys": self._keys,
            "/token": lambda: self._token(form, authorization),
            "/userinfo": lambda: self._userinfo(authorization),
        }
        return answers.get(path, lambda: (404, {}))()

    def _keys(self) -> tuple[int, object]:
        keys = self.listed or [self.key]
        return 200, {"keys": [key.as_dict(private=False) for key in keys]}

    def _userinfo(self, authorization: str) -> tuple[int, object]:
        told = {"sub": self.claims["sub"]} if self.userinfo is None else self.userinfo
        return (200, told) if authorization == "Bearer access" else (401, {})

    def _metadata(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            **self.metadata,
        }

    def _token(self, form: Mapping[str, str], authorization: str) -> tuple[int, object]:
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        held = self.codes.get(form.get("code", ""))
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        spelt = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        good = (
            held is not None
            and not held.used
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == held.asked["redirect_uri"]
            and spelt == held.asked["code_challenge"]
        )
        if not good or held is None:
            return 400, {"error": "invalid_grant"}
        held.used = True
        token = self._id_token(held.asked["nonce"])
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": token}

    def _is_client(self, form: Mapping[str, str], authorization: str) -> bool:
        if "client_secret" in form:
            return (form.get("client_id"), form["client_secret"]) == (CLIENT, SECRET)
        if authorization.startswith("Basic "):
            name, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)
        return form.get("client_id") == CLIENT and self.metadata.get("public") is True

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "sid": "p-1",
            **self.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return self.signed(self.header, told) if self.sign is None else self.sign(self, told)

    def signed(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        algorithm = "ES256" if isinstance(self.key, ECKey) else "RS256"
        whole = {"alg": algorithm, "kid": self.key.kid, **header}
        return compact(whole, claims, self.key)


def compact(header: Mapping[str, object], claims: Mapping[str, object], key: Key | None) -> str:
    """Sign as told, however wrong that is."""
    if key is None:
        parts = [json.dumps(part).encode() for part in (header, claims)]
        return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."
    registry = jws.JWSRegistry(algorithms=[str(header["alg"])], strict_check_header=False)
    plain = {name: value for name, value in header.items() if name != "crit"}
    if "crit" not in header:
        return jws.serialize_compact(plain, json.dumps(claims), key, registry=registry)
    encoded = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, claims)
    ]
    algorithm = registry.get_alg(str(header["alg"]))
    signature = base64.urlsafe_b64encode(algorithm.sign(b".".join(encoded), key)).rstrip(b"=")
    return b".".join([*encoded, signature]).decode()


def with_public_key_as_secret(provider: FakeProvider, claims: dict[str, object]) -> str:
    """Sign as who has nothing but the public key, and hopes that it is taken for a shared secret."""
    head = compact({"alg": "HS256", "kid": provider.key.kid}, claims, None).rstrip(".")
    made = hmac.digest(provider.key.as_pem(private=False), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def unsigned(_: FakeProvider, claims: dict[str, object]) -> str:
    return compact({"alg": "none"}, claims, None)


def with_a_key_of_its_own(_: FakeProvider, claims: dict[str, object]) -> str:
    """Carry the key along in the header (CVE-2026-27962)."""
    own = ec_key("evil")
    header = {"alg": "ES256", "kid": "one", "jwk": own.as_dict(private=False)}
    return compact(header, claims, own)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: FakeProvider


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        self._answer({name: values[0] for name, values in parse_qs(body).items()})

    def _answer(self, form: Mapping[str, str]) -> None:
        path, authorization = urlsplit(self.path).path, self.headers["Authorization"] or ""
        status, document = self.server.provider.answer(path, form, authorization)
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def serving() -> Iterator[FakeProvider]:
    """Serve a provider on loopback."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.provider = FakeProvider(port=server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.provider
        server.shutdown()
        thread.join()
