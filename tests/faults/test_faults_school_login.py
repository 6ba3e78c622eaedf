"""A school's own login: a provider that speaks OIDC on this machine, the real server, and the way through both."""

import json
import threading
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from serving import Server, free_port
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

pytestmark = pytest.mark.faults
PAGE = {"accept": "text/html"}


class Provider:
    """Signs in whoever comes as `self.mail`, without a question."""

    def __init__(self):
        self.mail, self.verified = "mia@school.example", True
        self.port, self.key = free_port(), RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.url, self._nonces = f"http://127.0.0.1:{self.port}", {}
        paths = {
            "/.well-known/openid-configuration": self.about,
            "/authorize": self.authorize,
            "/token": self.token,
            "/keys": self.keys,
        }
        routes = [Route(path, answer, methods=["GET", "POST"]) for path, answer in paths.items()]
        self.server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=self.port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()

    async def about(self, _request):
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return JSONResponse(
            {"issuer": self.url, "id_token_signing_alg_values_supported": ["RS256"]}
            | {name: f"{self.url}/{path}" for name, path in places.items()}
        )

    async def authorize(self, request):
        asked = request.query_params
        self._nonces["code"] = asked.get("nonce")
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': 'code', 'state': asked['state']})}")

    async def token(self, request):
        form = parse_qs((await request.body()).decode())
        claims = {
            "iss": self.url,
            "aud": "thaw",
            "sub": self.mail,
            "email": self.mail,
            "email_verified": self.verified,
            "name": "Mia",
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "nonce": self._nonces.get(form["code"][0]),
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    async def keys(self, _request):
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.server.should_exit = True
    provider.thread.join(10)


@pytest.fixture(scope="module")
def school(provider, tmp_path_factory):
    """Address of a server that signs in with the provider."""
    home, port = tmp_path_factory.mktemp("school"), free_port()
    secrets = home / "secrets.toml"
    values = {
        "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback",
        "cookie_secret": "c" * 40,
        "client_id": "thaw",
        "client_secret": "s" * 40,
        "server_metadata_url": f"{provider.url}/.well-known/openid-configuration",
    }
    secrets.write_text("[auth]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items()))
    given = {"THAW_LOGIN_DOMAINS": "school.example", "THAW_TEACHERS": "k@school.example"}
    server = Server(home, "real", port, STREAMLIT_SECRETS_FILES=str(secrets), **given)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 180
    while True:
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 401:
                break
        except httpx.HTTPError:
            assert time.monotonic() < until, server.log.read_text()[-3000:]
        time.sleep(0.2)
    yield url
    server.end()


def visit(client: httpx.Client, url: str) -> httpx.Response:
    return client.get(url, headers=PAGE, follow_redirects=True, timeout=60)


def test_nothing_is_served_before_signing_in_and_the_way_leads_to_the_provider(school, provider):
    with httpx.Client() as client:
        for path in ("/health", "/_stcore/health", "/_stcore/host-config", "/static/x.js"):
            assert client.get(school + path).status_code == 401
        answer = client.get(school, headers=PAGE)
        assert answer.status_code == 303
        to = client.get(school + answer.headers["location"])
        assert urlsplit(to.headers["location"]).netloc == urlsplit(provider.url).netloc


def test_whoever_the_provider_names_comes_in_and_signs_out_again(school, provider):
    provider.mail, provider.verified = "mia@school.example", True
    with httpx.Client() as client:
        assert visit(client, school).status_code == 200
        assert client.get(f"{school}/health").json()["status"] == "ok"
        client.get(f"{school}/auth/logout")
        assert client.get(f"{school}/health").status_code == 401


@pytest.mark.parametrize(("mail", "verified"), [("x@elsewhere.example", True), ("mia@school.example", False)])
def test_an_account_from_elsewhere_or_one_that_nobody_verified_stays_outside(school, provider, mail, verified):
    provider.mail, provider.verified = mail, verified
    with httpx.Client() as client:
        answer = visit(client, school)
        assert answer.status_code == 403
        assert "may not use this Thaw" in answer.text
        assert client.get(f"{school}/health").status_code == 403


def test_a_cookie_that_this_server_did_not_sign_opens_nothing(school):
    for value in ("x", "eyJ4IjoxfQ.x.y", '{"is_logged_in": true, "email": "k@school.example"}'.replace('"', "%22")):
        answer = httpx.get(f"{school}/health", headers={"Cookie": f"_streamlit_user={value}"})
        assert answer.status_code == 401
