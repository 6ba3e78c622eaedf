"""A class at the real server: what is served before the code, and photos that a pupil brings."""

import io
import zipfile

import pytest
from PIL import Image
from test_serving import ROUTES, ask, websocket_status

from core.datasets import list_datasets
from core.records import Visitor
from core.serving import COOKIE, class_codes, passes_of
from core.settings import read


@pytest.mark.parametrize("path", [*ROUTES, "/_stcore/media/x.jpg", "/_stcore/upload_file/a/b"])
def test_no_route_is_served_before_the_code_and_each_after_it(class_url, class_home, path):
    assert ask(class_url, path)[0] == 401
    assert ask(class_url, path, "DELETE")[0] == 401
    passed = {"Cookie": f"{COOKIE}={passes_of(read({'THAW_HOME': str(class_home)})).issue(Visitor(id='mia-1'))}"}
    assert ask(class_url, path, headers=passed)[0] in (200, 404, 405)
    assert ask(class_url, path, headers=passed | {"Origin": "http://evil.example"})[0] == 403


def test_the_websocket_opens_with_a_pass_alone(class_url, class_home):
    origin = {"Origin": class_url.rstrip("/")}
    assert websocket_status(class_url, origin) == 403
    assert websocket_status(class_url, origin | {"Cookie": f"{COOKIE}=made.up"}) == 403
    value = passes_of(read({"THAW_HOME": str(class_home)})).issue(Visitor(id="mia-1"))
    assert websocket_status(class_url, origin | {"Cookie": f"{COOKIE}={value}"}) == 101


def test_an_upload_without_a_pass_is_refused_before_its_body_is_sent(class_url):
    status, headers, _ = ask(class_url, "/_stcore/upload_file/a/b", "PUT", {"Content-Length": str(10**8)})
    assert status == 401
    assert "set-cookie" not in {name.lower() for name in headers}


def packed() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(12):
            photo = io.BytesIO()
            Image.new("RGB", (40, 40), (20 * number, 80, 90 if number % 2 else 10)).save(photo, "PNG")
            archive.writestr(f"{'oak' if number % 2 else 'ash'}/{number}.png", photo.getvalue())
    return file.getvalue()


def test_a_pupil_comes_in_with_the_code_and_brings_a_zip_that_never_lies_in_the_servers_memory(
    class_url, class_home, new_page
):
    settings, sent = read({"THAW_HOME": str(class_home)}), packed()
    page = new_page()
    page.goto(f"{class_url}/photos?photos_way=x")
    page.fill("#code", "NOT IT")
    page.fill("#name", "Mia")
    page.get_by_role("button", name="Come in").click()
    page.get_by_text("not the code of this class").wait_for()
    assert page.input_value("#name") == "Mia"
    page.fill("#code", class_codes(settings).pupils.lower())
    page.get_by_role("button", name="Come in").click()
    page.get_by_text("Mia", exact=True).wait_for()
    assert page.url.startswith(f"{class_url}/photos")
    page.locator("[class*=st-key-photos_add_new] summary").click()
    page.get_by_text("A zip", exact=True).click()
    page.get_by_text("A zip of photos").wait_for()
    page.set_input_files(
        ".st-key-photos_zip_0 input[type=file]", {"name": "wood.zip", "mimeType": "application/zip", "buffer": sent}
    )
    _soon(page, lambda: [file.read_bytes() for file in (class_home / "uploads").glob("*")] == [sent])
    page.get_by_role("button", name="Import").click()
    page.get_by_text("wood: 12 photos in 2 classes").wait_for(timeout=60_000)
    assert "wood" in {dataset.name for dataset in list_datasets(settings)}
    assert list((class_home / "uploads").glob("*")) == []


def _soon(page, look):
    for _ in range(200):
        if found := look():
            return found
        page.wait_for_timeout(100)
    raise AssertionError("it did not come true in 20 s")
