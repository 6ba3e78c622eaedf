import asyncio
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Visitor
from core.serving.codes import Codes, class_codes, grouped
from core.serving.entry import ENTER, LEAVE, MOST_BODY, Entry, client_of, next_path
from core.serving.guesses import AN_ADDRESS, IN_ALL, WINDOW, Guesses, network
from core.serving.passes import COOKIE, HOURS, Passes, cookie_of, tidy, visitor_id
from core.settings import read

CODES = Codes("K7M4QP", "TTTTTTTTTTTT", "k" * 64)


class App:
    def __init__(self):
        self.reached = []

    async def __call__(self, scope, _receive, send):
        self.reached.append(scope["type"])
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"here"})


def visit(
    entry_passes=None, kind="http", method="GET", path="/", cookie=None, form=None, guesses=None, headers=(), body=None
):
    """(what reached the application, status, headers, body) of one request."""
    app, sent = App(), []
    content = urlencode(form or {}).encode() if body is None else body
    lines = [*headers, *([("cookie", f"other=1; {COOKIE}={cookie}")] if cookie is not None else [])]
    scope = {"type": kind, "method": method, "path": path, "client": ("10.0.0.7", 1), "query_string": b""}
    scope["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in lines]

    async def receive():
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(Entry(app, entry_passes or Passes(lambda: CODES), guesses)(scope, receive, send))
    start = sent[0] if sent else {}
    told = {name.decode(): value.decode("latin-1") for name, value in start.get("headers", [])}
    return app.reached, start.get("status"), told, b"".join(one.get("body", b"") for one in sent).decode()


def entered(code, name="Mia", **more):
    return visit(method="POST", path=ENTER, form={"code": code, "name": name} | more.pop("form", {}), **more)


def pass_of(headers) -> str:
    return headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")


def passes_with(pupils=CODES.pupils, teacher=CODES.teacher, key=CODES.key):
    return Passes(lambda: Codes(pupils, teacher, key))


PATHS = ("/", "/compare", "/health", "/_stcore/stream", "/_stcore/upload_file/a/b", "/_stcore/media/x", "/static/a.js")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_nothing_is_served_before_the_code(kind, method, path):
    reached, status, _, _ = visit(kind=kind, method=method, path=path)
    assert reached == []
    assert status == (401 if kind == "http" else None)


def test_a_browser_that_asks_for_a_page_gets_the_form_and_comes_back_to_it():
    _, status, headers, body = visit(path="/compare", headers=[("accept", "text/html,*/*")])
    assert status == 401
    assert headers["content-type"].startswith("text/html")
    assert headers["cache-control"] == "no-store"
    assert 'name="next" value="/compare"' in body


@pytest.mark.parametrize(("code", "teacher"), [("k7m-4qp", False), (" K7M 4QP ", False), ("tttttttttttt", True)])
def test_the_code_opens_every_route_for_whoever_typed_it(code, teacher):
    _, status, headers, _ = entered(code, form={"next": "/train?dataset=leaves"})
    assert (status, headers["location"]) == (303, "/train?dataset=leaves")
    assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in headers["set-cookie"].split(";")}
    value = pass_of(headers)
    visitor = Passes(lambda: CODES).read(value)
    assert (visitor.name, visitor.teacher) == ("Mia", teacher)
    assert visitor.id.startswith("mia-")
    for path in PATHS:
        assert visit(path=path, cookie=value)[0] == ["http"]
    assert visit(kind="websocket", path="/_stcore/stream", cookie=value)[0] == ["websocket"]


@pytest.mark.parametrize("code", ["", "K7M4Q", "K7M4QPP", "К7M4QP", "0" * 2000])
def test_another_code_is_refused_and_sets_no_pass(code):
    reached, status, headers, body = entered(code, name='"><script>alert(1)</script>')
    assert reached == []
    assert status == 403
    assert "set-cookie" not in headers
    assert "<script>alert" not in body


def test_a_pass_that_was_touched_is_none():
    value = Passes(lambda: CODES).issue(Visitor(id="mia-1", name="Mia"))
    assert Passes(lambda: CODES).read(value) is not None
    for place in range(len(value)):
        other = "A" if value[place] != "A" else "B"
        changed = Passes(lambda: CODES).read(value[:place] + other + value[place + 1 :])
        assert changed is None or (changed.id, changed.teacher) == ("mia-1", False)  # the last letter has unused bits
    for forged in (None, "", "x", "W10.x.y", "." * 40, "ä"):
        assert Passes(lambda: CODES).read(forged) is None


def test_a_pass_ends_with_its_code_its_key_and_its_day(monkeypatch):
    value = Passes(lambda: CODES).issue(Visitor(id="mia-1", name="Mia"))
    assert passes_with("AAAAAA").read(value) is None
    assert passes_with(key="j" * 64).read(value) is None
    assert passes_with(teacher="SSSSSSSSSSSS").read(value) is not None
    from itsdangerous import timed

    later = timed.time.time() + HOURS * 3600 + 60
    monkeypatch.setattr(timed.time, "time", lambda: later)
    assert Passes(lambda: CODES).read(value) is None


def test_leaving_ends_the_pass_in_the_browser():
    reached, status, headers, _ = visit(path=LEAVE, cookie="x")
    assert (reached, status, headers["location"]) == ([], 303, "/")
    assert "Max-Age=0" in headers["set-cookie"]


def test_a_pass_over_tls_is_kept_to_it():
    _, _, headers, _ = entered("K7M4QP", headers=[("x-forwarded-proto", "https")])
    assert "Secure" in headers["set-cookie"]
    assert "Secure" not in entered("K7M4QP")[2]["set-cookie"]


def test_who_guesses_waits_even_with_the_right_code_and_may_then_try_again():
    now = [0.0]
    guesses = Guesses(lambda: now[0])
    for _ in range(AN_ADDRESS):
        assert entered("nonsense", guesses=guesses)[1] == 403
    _, status, headers, body = entered("K7M4QP", guesses=guesses)
    assert status == 429
    assert int(headers["retry-after"]) == WINDOW
    assert "5 min" in body
    assert guesses.wait("10.0.0.8") == 0
    now[0] = WINDOW + 1
    assert entered("K7M4QP", guesses=guesses)[1] == 303


def test_guesses_from_many_addresses_are_limited_together_and_remembered_bounded():
    now = [0.0]
    guesses = Guesses(lambda: now[0])
    for number in range(IN_ALL):
        guesses.wrong(f"10.1.{number // 250}.{number % 250}")
    assert guesses.wait("10.9.9.9") == WINDOW


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("nonsense", "nonsense", True),
    ],
)
def test_a_guesser_is_an_address_or_what_one_machine_may_choose_from(one, other, same):
    assert (network(one) == network(other)) == same


def test_a_form_that_is_too_large_is_refused():
    assert visit(method="POST", path=ENTER, body=b"code=" + b"x" * MOST_BODY)[1] == 413


@given(st.text(max_size=60))
def test_after_the_code_one_stays_on_this_server(text):
    going = next_path(text)
    assert going.startswith("/")
    assert not going.startswith(("//", "/\\"))
    assert going.isprintable()
    assert going.isascii()


@pytest.mark.parametrize(
    "text", ["http://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_another_place_is_none_to_go_to(text):
    assert next_path(text) == "/"


def test_behind_a_proxy_on_this_machine_the_visitor_is_whom_it_names():
    def scope(peer, forwarded):
        return {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded)]}

    assert client_of(scope("127.0.0.1", b"1.2.3.4, 10.0.0.9")) == "10.0.0.9"
    assert client_of(scope("10.0.0.5", b"1.2.3.4")) == "10.0.0.5"


@given(st.text(max_size=200))
def test_a_name_is_kept_as_one_short_printable_line(name):
    kept = tidy(name)
    assert len(kept) <= 40
    assert kept == kept.strip()
    assert kept.isprintable()
    assert set(visitor_id(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_pass_is_found_among_other_cookies():
    assert cookie_of({"headers": [(b"Cookie", b"a=1; thaw_pass=x.y; b=2")]}) == "x.y"
    assert cookie_of({"headers": [(b"cookie", b"not_thaw_pass=x")]}) is None


def test_codes_are_made_once_and_anew_on_request(tmp_path):
    settings = read({"THAW_HOME": str(tmp_path)})
    codes = class_codes(settings)
    assert class_codes(settings) == codes
    assert len(codes.pupils) == 6
    assert len(codes.teacher) == 12
    assert (tmp_path / "class").stat().st_mode & 0o077 == 0
    other = class_codes(settings, new=True)
    assert other.pupils != codes.pupils
    assert class_codes(settings) == other
    (tmp_path / "class" / "codes.json").write_text('{"pupils": ')
    assert class_codes(settings).key != other.key


def test_a_code_is_read_out_in_threes():
    assert grouped("K7M4QP") == "K7M-4QP"
