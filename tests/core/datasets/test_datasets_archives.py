import io
import stat
import struct
import warnings
import zipfile
import zlib

import pytest

from core.datasets import import_folder, import_zip, left_out, photo_rows
from core.datasets.archives import Limits
from core.errors import BadZip, NoPhotos, NoTraining, OneClass, ZipTooLarge


def zipped(files, compression=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are there twice
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def plants(photo):
    """Names and bytes of two classes of two photos."""
    return {"Ash/1.jpg": photo(1), "Ash/2.jpg": photo(2), "Oak/3.jpg": photo(3), "Oak/4.jpg": photo(4)}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_gives_the_dataset_that_its_folder_gives(home, plants, write, tmp_path, compression):
    path = tmp_path / "plants.zip"
    path.write_bytes(zipped({f"wrapped/{name}": content for name, content in plants.items()}, compression))
    dataset = import_zip(home, path, "Zip")
    assert dataset.id == import_folder(home, write(tmp_path / "incoming" / "p", plants), "Folder").id
    assert photo_rows(home, dataset.id)["path"].tolist() == sorted(plants)


def test_an_open_file_is_read_and_left_open(home, plants):
    file = io.BytesIO(zipped(plants))
    assert import_zip(home, file, "Zip", filename="plants.zip").photos == 4
    assert not file.closed


def test_what_macos_and_windows_add_is_no_class(home, plants):
    extra = {"__MACOSX/Ash/._1.jpg": b"x", "Ash/.DS_Store": b"x", "Oak/Thumbs.db": b"x", "desktop.ini": b"x"}
    dataset = import_zip(home, io.BytesIO(zipped(plants | extra)), "Zip")
    assert (dataset.classes, dataset.unreadable) == (("Ash", "Oak"), ())


def test_backslashes_of_windows_are_folders(home, plants):
    content = zipped({name.replace("/", "\\"): photo for name, photo in plants.items()})
    assert import_zip(home, io.BytesIO(content), "Zip").classes == ("Ash", "Oak")


def test_names_that_lead_out_links_and_devices_are_left_out_and_listed(home, plants, photo, tmp_path):
    link, device = zipfile.ZipInfo("Ash/link.jpg"), zipfile.ZipInfo("Ash/device.jpg")
    link.create_system = device.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    device.external_attr = (stat.S_IFCHR | 0o777) << 16
    bad = [
        ("Ash/../../out.jpg", photo(11)),
        ("/abs/out.jpg", photo(12)),
        ("C:/Ash/drive.jpg", photo(13)),
        ("Ash\\..\\..\\out2.jpg", photo(14)),
        (link, b"/etc/passwd"),
        (device, photo(15)),
    ]
    dataset = import_zip(home, io.BytesIO(zipped([*plants.items(), *bad])), "Zip")
    assert dataset.counts == (2, 2)
    assert len(dataset.unreadable) == 6
    assert {"it is a link", "it is no plain file", "its name leads out of the zip"} == set(
        left_out(home, dataset.id)["reason"]
    )
    assert not list(tmp_path.rglob("*out*.jpg"))


def test_encrypted_and_damaged_entries_are_left_out_and_listed(home, plants):
    content = bytearray(zipped(plants, zipfile.ZIP_STORED))
    # Ash/1.jpg: one byte of its content turned; Ash/2.jpg: marked as encrypted in both places
    content[content.find(plants["Ash/1.jpg"]) + 300] ^= 0xFF
    local = content.find(b"Ash/2.jpg") - 30
    central = content.rfind(b"Ash/2.jpg") - 46
    content[local + 6] |= 1
    content[central + 8] |= 1
    with pytest.raises(OneClass):  # both of Ash are gone
        import_zip(home, io.BytesIO(content), "Zip")
    more = {"Ash/5.jpg": plants["Oak/3.jpg"] + b"tail"}
    content = bytearray(zipped(plants | more, zipfile.ZIP_STORED))
    content[content.find(plants["Ash/1.jpg"]) + 300] ^= 0xFF
    content[content.rfind(b"Ash/2.jpg") - 46 + 8] |= 1
    content[content.find(b"Ash/2.jpg") - 30 + 6] |= 1
    dataset = import_zip(home, io.BytesIO(content), "Zip")
    assert set(dataset.unreadable) == {"Ash/1.jpg", "Ash/2.jpg"}
    reasons = left_out(home, dataset.id).set_index("path")["reason"]
    assert "encrypted" in reasons["Ash/2.jpg"]
    assert "damaged in the zip" in reasons["Ash/1.jpg"]


def test_an_entry_that_lies_about_its_size_is_left_out(home, plants, photo):
    content = bytearray(zipped(plants | {"Oak/lie.jpg": photo(9)}))
    at = content.rfind(b"Oak/lie.jpg") - 46
    content[at + 24 : at + 28] = struct.pack("<I", 50)
    assert import_zip(home, io.BytesIO(content), "Zip").unreadable == ("Oak/lie.jpg",)


def test_a_name_that_is_there_twice_counts_once(home, plants, photo):
    dataset = import_zip(home, io.BytesIO(zipped([*plants.items(), ("Oak/3.jpg", photo(20))])), "Zip")
    assert (dataset.counts, dataset.unreadable) == ((2, 2), ("Oak/3.jpg",))


def test_a_zip_inside_a_zip_is_no_photo(home, plants):
    dataset = import_zip(home, io.BytesIO(zipped(plants | {"Oak/more.zip": zipped(plants)})), "Zip")
    assert dataset.unreadable == ("Oak/more.zip",)


def test_what_is_no_zip_or_cut_short_or_empty_is_refused_whole(home, plants, snapshot):
    whole = zipped(plants)
    for content, reason in [
        (b"", "empty"),
        (b"PK", "cut short"),
        (b"this is no zip at all" * 100, "not a zip"),
        (plants["Ash/1.jpg"], "not a zip"),
        (whole[: len(whole) // 2], "cut short"),
        (whole[:-10], "cut short"),
        (whole[len(whole) // 2 :], "damaged|cut short|overlap"),
        (zipped({}), "empty"),
        (zipped({"Ash/": b"", "Oak/": b""}), "empty"),
    ]:
        with pytest.raises(BadZip, match=reason):
            import_zip(home, io.BytesIO(content), "Zip", filename="plants.zip")
    assert snapshot() == set()


def test_the_limits_refuse_before_an_entry_is_read(home, plants):
    content = io.BytesIO(zipped(plants))
    for limits, words in [
        (Limits(files=3), "4 files"),
        (Limits(bytes=100), "unpacks to"),
        (Limits(ratio=0.5, ratio_from=0), "times"),
    ]:
        with pytest.raises(ZipTooLarge, match=words):
            import_zip(home, content, "Zip", limits=limits)
    bomb = io.BytesIO(zipped(plants | {"Ash/zeros.bmp": bytes(40 * 2**20)}))
    with pytest.raises(ZipTooLarge, match="times its size"):
        import_zip(home, bomb, "Zip")


def test_a_million_entries_are_refused_from_the_end_record_alone(home):
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, 60 * 10**6, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    with pytest.raises(ZipTooLarge, match="1,000,000 files"):
        import_zip(home, io.BytesIO(b"PK\3\4" + bytes(100) + wide + locator + end), "Zip")


def test_overlapping_entries_are_refused(home, photo):
    # Two names in the table of contents that share one stored body: packed sizes add up to more than the file.
    content = photo(1, "BMP", (60, 60))
    whole = zipped({"Ash/1.bmp": content}, zipfile.ZIP_STORED)
    body = whole[: whole.find(b"PK\1\2")]
    crc = zlib.crc32(content)
    table = b""
    for name in (b"Ash/1.bmp", b"Oak/2.bmp"):
        table += struct.pack(
            "<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, crc, len(content), len(content),
            len(name), 0, 0, 0, 0, 0, 0,
        ) + name  # fmt: skip
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(table), len(body), 0)
    with pytest.raises(BadZip, match="overlap"):
        import_zip(home, io.BytesIO(body + table + end), "Zip")


def test_zips_without_classes_say_what_is_wrong(home, photo, plants):
    for files, error in [
        ({"readme.txt": b"hello"}, NoPhotos),
        ({"Oak/1.jpg": photo(1)}, OneClass),
        ({f"test/{name}": content for name, content in plants.items()} | {"valid/Oak/9.jpg": photo(9)}, NoTraining),
    ]:
        with pytest.raises(error, match=r"plants\.zip"):
            import_zip(home, io.BytesIO(zipped(files)), "Zip", filename="plants.zip")
