import asyncio
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from core.serving.door import UPLOADS
from core.serving.spool import HOURS, NoRoom, Spool, mark, token_of
from core.serving.uploads import Uploads

PATH = f"{UPLOADS}session/file"


class App:
    """Reads the form as Streamlit does and remembers what it was given."""

    def __init__(self, status=204):
        self.status, self.files = status, []

    async def __call__(self, scope, receive, send):
        if scope["method"] == "PUT":
            form = await Request(scope, receive).form()
            for file in form.values():
                self.files.append((file.filename, file.content_type, await file.read()))
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def body_of(content, name="a.jpg", boundary="xyz"):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content + f"\r\n--{boundary}--\r\n".encode()


def sent_to(uploads, body, chunks=7, length=None, method="PUT", path=PATH, gone=False, kind="multipart/form-data"):
    """Status and text of the answer to one upload, sent in so many pieces."""
    size = -(-len(body) // chunks) if body else 1
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False})
    answers = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        answers.append(message)

    headers = {"content-length": str(len(body) if length is None else length), "content-type": f"{kind}; boundary=xyz"}
    scope = {"type": "http", "method": method, "path": path, "query_string": b""}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(uploads(scope, receive, send))
    return answers[0]["status"], b"".join(one.get("body", b"") for one in answers).decode()


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "uploads")


def files_in(spool):
    return sorted(spool._folder.glob("*")) if spool._folder.exists() else []


def test_the_application_gets_a_mark_and_the_file_lies_on_disk(spool):
    app = App()
    content = bytes(range(256)) * 999 + b"\r\n--xy\r\n-"
    assert sent_to(Uploads(app, spool, lambda _: "mia"), body_of(content))[0] == 204
    ((name, kind, given),) = app.files
    assert (name, kind) == ("a.jpg", "image/jpeg")
    assert len(given) < 60
    assert spool.file(given).read() == content


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300), chunks=st.integers(1, 50))
def test_whatever_the_pieces_are_the_bytes_are_those_that_were_sent(tmp_path_factory, content, chunks):
    spool, app = Spool(tmp_path_factory.mktemp("spool")), App()
    body = body_of(content)
    if b"--xyz" in content:
        return
    assert sent_to(Uploads(app, spool, lambda _: ""), body, chunks)[0] == 204
    assert spool.file(app.files[0][2]).read() == content


@pytest.mark.parametrize(
    "name", ["oak/one.jpg", "Eiche ä.jpg", "a\\b.jpg", "ends\\", "a%22b.jpg", "a;b=c.jpg", "", "名前.jpg", "x" * 300]
)
def test_a_files_name_arrives_as_streamlit_would_have_had_it(spool, name):
    app, plain = App(), App()
    body = body_of(b"x", name.replace("\\", "\\\\"))
    assert sent_to(Uploads(app, spool, lambda _: ""), body)[0] == 204
    sent_to(plain, body)
    assert app.files[0][0] == plain.files[0][0]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"nonsense", "multipart/form-data"),
        (body_of(b"x")[:-20], "multipart/form-data"),
        (body_of(b"x")[: -len("--xyz--\r\n")] + body_of(b"y"), "multipart/form-data"),
        (b"--xyz--\r\n", "multipart/form-data"),
        (body_of(b"x"), "text/plain"),
    ],
)
def test_what_is_not_one_whole_file_is_refused_and_leaves_nothing(spool, body, kind):
    app = App()
    status, text = sent_to(Uploads(app, spool, lambda _: ""), body, kind=kind)
    assert status == 400
    assert text.count("\n") == 1
    assert app.files == []
    assert files_in(spool) == []
    assert spool.held() == (0, 0)


def test_an_upload_that_breaks_off_or_says_less_than_it_sends_leaves_nothing(spool):
    app = App()
    assert sent_to(Uploads(app, spool, lambda _: ""), body_of(b"x" * 999), gone=True)[0] == 400
    assert sent_to(Uploads(app, spool, lambda _: ""), body_of(b"x" * 999), length=100)[0] == 400
    assert app.files == []
    assert spool.held() == (0, 0)


def test_what_the_application_refuses_is_not_kept(spool):
    assert sent_to(Uploads(App(status=403), spool, lambda _: ""), body_of(b"x"))[0] == 403
    assert files_in(spool) == []


def test_a_file_that_its_visitor_removes_is_gone_but_not_while_it_is_imported(spool):
    app = App()
    uploads = Uploads(app, spool, lambda _: "")
    sent_to(uploads, body_of(b"one"))
    sent_to(uploads, b"", method="DELETE")
    assert files_in(spool) == []
    assert spool.file(app.files[0][2]) is None
    sent_to(uploads, body_of(b"two"))
    reading = spool.file(app.files[1][2])
    spool.take(reading.token)
    sent_to(uploads, b"", method="DELETE")
    assert reading.read() == b"two"
    spool.drop(reading.token, even_taken=True)
    assert files_in(spool) == []


def test_a_visitor_has_a_bound_of_their_own_and_all_have_one_together(tmp_path):
    spool = Spool(tmp_path, a_visitor=1_000, in_all=2_500)
    uploads = Uploads(App(), spool, lambda scope: scope["path"][-3:])
    body = body_of(b"x" * 700)
    for who in ("mia", "tom"):
        assert sent_to(uploads, body, path=f"{UPLOADS}1/{who}")[0] == 204
    status, text = sent_to(uploads, body, path=f"{UPLOADS}2/mia")
    assert status == 413
    assert "Import or remove some first" in text
    assert sent_to(uploads, body, path=f"{UPLOADS}1/eva")[0] == 204
    status, text = sent_to(uploads, body, path=f"{UPLOADS}1/ida")
    assert status == 503
    assert len(files_in(spool)) == 3


def test_a_disk_that_is_nearly_full_takes_no_upload(spool, monkeypatch):
    from core.serving import spool as module

    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**20})())
    status, text = sent_to(Uploads(App(), spool, lambda _: ""), body_of(b"x"))
    assert status == 507
    assert "nearly full" in text


def test_a_disk_that_fills_up_meanwhile_is_told_in_a_sentence_and_leaves_nothing(spool, monkeypatch):
    from core.serving import uploads as module

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module._Reading, "_data", full)
    status, text = sent_to(Uploads(App(), spool, lambda _: ""), body_of(b"x"))
    assert status == 507
    assert "could not be written" in text
    assert spool.held() == (0, 0)


def test_an_upload_that_nobody_imports_is_dropped_after_hours(tmp_path):
    now = [0.0]
    spool = Spool(tmp_path, clock=lambda: now[0])
    old = spool.reserve("mia", 10)
    now[0] = HOURS * 3600 + 1
    new = spool.reserve("mia", 10)
    assert not spool.holds(old.token)
    assert spool.holds(new.token)


def test_what_an_earlier_server_left_is_removed(spool):
    upload = spool.reserve("", 3)
    spool.path(upload).write_bytes(b"abc")
    again = Spool(spool._folder)
    again.empty()
    assert files_in(again) == []


def test_a_spooled_zip_is_read_like_any_other_without_a_file_kept_open(spool):
    upload = spool.reserve("", 10_000)
    with zipfile.ZipFile(spool.path(upload), "w") as made:
        made.writestr("oak/1.txt", "one")
    file = spool.file(mark(upload))
    with zipfile.ZipFile(io.BufferedReader(file)) as archive:
        assert archive.read("oak/1.txt") == b"one"
    assert file.seek(0) == 0
    assert file.read(2) == b"PK"
    with pytest.raises(ValueError, match="at least 0"):
        file.seek(-5)


@pytest.mark.parametrize(
    "content", [b"", b"photo", b"thaw-upload:", b"thaw-upload:" + b"0" * 31, b"thaw-upload:../../x"]
)
def test_only_a_mark_of_ours_names_an_upload(spool, content):
    assert token_of(content) is None
    assert spool.file(content) is None


def test_too_many_files_of_one_visitor_are_refused(spool, monkeypatch):
    from core.serving import spool as module

    monkeypatch.setattr(module, "MOST_FILES", 2)
    spool.reserve("mia", 1)
    spool.reserve("mia", 1)
    with pytest.raises(NoRoom, match="2 files"):
        spool.reserve("mia", 1)
