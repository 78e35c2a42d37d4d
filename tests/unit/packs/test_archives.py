"""A pack as a zip: read without trust."""

import io
import zipfile

import pytest

from dxflow.errors import Invalid
from dxflow.services.packs import archives, store
from tests.factories import ROOT


def zipped(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_what_is_written_is_read_back():
    files = store.read_folder(ROOT / "processes" / "standard")
    assert archives.read(archives.write(files, "standard")) == files


def test_a_flat_zip_with_a_folder_of_forms_is_read_and_other_files_are_left_out():
    content = zipped(
        {"pack.toml": "x", "forms/a.form": "{}", "notes.docx": "?", ".hidden.toml": "?"}
    )
    assert archives.read(content) == {"pack.toml": "x", "forms/a.form": "{}"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip at all", "zip ファイルとして読めません"),
        (zipped({"pack.toml": "x"})[:-30], "zip ファイルとして読めません"),
        (zipped({"a.bpmn": "x"}), "pack.toml がありません"),
        (zipped({"../pack.toml": "x"}), "フォルダーの外"),
        (zipped({"/etc/pack.toml": "x"}), "フォルダーの外"),
        (zipped({"c:/pack.toml": "x"}), "フォルダーの外"),
        (zipped({"pack.toml": b"\xff\xfe"}), "UTF-8"),
        (zipped({"pack.toml": "x" * (archives.LARGEST_FILE + 1)}), "大きすぎます"),
        (zipped({f"{n}.toml": "x" for n in range(archives.MOST_FILES + 1)}), "多すぎます"),
        (zipped({f"{n}.toml": "0" * (1 << 20) for n in range(9)}), "展開すると大きすぎます"),
    ],
    ids=[  # a zip file tells when it was made: its bytes are no name
        "no zip", "cut", "no settings", "above", "absolute", "drive", "not UTF-8", "large",
        "many", "swollen",
    ],
)  # fmt: skip
def test_what_cannot_be_a_pack_is_refused_in_a_sentence(content, words):
    with pytest.raises(Invalid, match=words):
        archives.read(content)


def test_a_bomb_that_lies_about_its_size_is_stopped():
    content = bytearray(zipped({"pack.toml": "0" * (3 << 20)}))
    true_size, lie = (3 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little")
    while (place := content.find(true_size)) >= 0:
        content[place : place + 4] = lie
    with pytest.raises(Invalid):
        archives.read(bytes(content))


def test_two_packs_in_one_zip_are_refused_and_not_mixed():
    content = zipped({"processes/a/pack.toml": "x", "processes/b/pack.toml": "y"})
    with pytest.raises(Invalid, match=r"pack\.toml が二つあります"):
        archives.read(content)


@pytest.mark.parametrize("place", range(12))
def test_a_damaged_zip_is_refused_wherever_it_is_damaged(place):
    content = bytearray(zipped({"pack.toml": "name='a'\n" * 50}))
    content[content.index(b"pack.toml") + len(b"pack.toml") + place] ^= 0xFF
    with pytest.raises(Invalid, match="zip ファイルとして読めません"):
        archives.read(bytes(content))
