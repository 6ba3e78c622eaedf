"""The door of the real server: what it turns away before anything is served, and what its answers carry."""

import base64
import os
import socket
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROUTES = ("/", "/compare", "/health", "/_stcore/health", "/_stcore/host-config", "/static/nothing.js")


def ask(url, path, method="GET", headers=()):
    """(status, headers, body) of one request; `headers` replace what would be sent."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    sent = {"Host": urlsplit(url).netloc} | dict(headers)
    connection.putrequest(method, path, skip_host=True)
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")


def websocket_status(url, headers) -> int:
    """Status of the answer to a websocket's first request."""
    address = urlsplit(url)
    lines = {
        "Host": address.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    } | headers
    with socket.create_connection((address.hostname, address.port), timeout=30) as link:
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        link.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{text}\r\n".encode())
        return int(link.recv(64).split()[1])


@pytest.mark.parametrize("path", ROUTES)
def test_no_route_answers_to_a_foreign_name_or_a_foreign_page(app_url, path):
    assert ask(app_url, path)[0] in (200, 404)
    assert ask(app_url, path, headers={"Host": "evil.example"})[0] == 421
    assert ask(app_url, path, headers={"Origin": "http://evil.example"})[0] == 403


def test_the_websocket_opens_for_our_own_page_alone(app_url):
    assert websocket_status(app_url, {"Origin": app_url.rstrip("/")}) == 101
    assert websocket_status(app_url, {"Origin": "http://evil.example"}) == 403
    assert websocket_status(app_url, {"Host": "evil.example", "Origin": "http://evil.example"}) == 403


def test_an_upload_above_the_limit_is_refused_before_its_body_is_sent(app_url):
    path = "/_stcore/upload_file/nobody/nothing"
    status, _, body = ask(app_url, path, "PUT", {"Content-Length": str(50 * 1024**3)})
    assert status == 413
    assert "500 MB" in body
    assert ask(app_url, path, "PUT", {"Transfer-Encoding": "chunked"})[0] == 411


@pytest.mark.parametrize("path", [*ROUTES, "/../../etc/passwd", "/%00", "/_stcore/media/../../x"])
def test_answers_tell_no_version_and_no_path_and_may_not_be_framed(app_url, path):
    _, headers, body = ask(app_url, path)
    # Uvicorn tells its name, but nothing that says which one it is.
    assert not any(letter.isdigit() for letter in headers.get("server", ""))
    for secret in ("Traceback", "site-packages", str(Path.cwd())):
        assert secret not in body
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
