"""The QR code of the set-up page is what other programs make and read."""

import hashlib

import pytest
from lxml import etree

from dxflow.services.people import one_time_codes
from dxflow.web import qr

#: Texts that fill a version to the last byte, with the digest of the code that another program
#: (segno, mask 0) makes of the same; a third (zxing) has read them.
FILLED = {
    14: "8332c0f218dfcae0", 26: "ea0b41ed570b3d2a", 42: "0997545f66505367",
    62: "0226743e7fda0b24", 84: "1894977cd313bec6", 106: "18b57e6e07a5291a",
    122: "05282c2cc5139db5", 152: "6a66d0ba6047eed1", 180: "9c2a0e51a5c78f7a",
    213: "c586bd774f161c04",
}  # fmt: skip


@pytest.mark.parametrize(("length", "digest"), FILLED.items())
def test_every_version_is_made_as_other_programs_make_it(length, digest):
    text = ("otpauth://totp/" * 20)[:length]
    rows = qr.modules(text)
    drawn = "\n".join("".join("01"[one] for one in row) for row in rows)
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == digest


def test_a_text_that_is_too_long_is_not_cut():
    with pytest.raises(qr.TooLong):
        qr.modules("x" * 214)


def test_the_longest_user_name_fits():
    longest = one_time_codes.address(one_time_codes.fresh_secret(), "@" * 64)
    assert len(qr.modules(longest)) <= 57


def test_the_picture_has_a_name_and_a_margin():
    picture = etree.fromstring(qr.svg("a", "QR"))
    assert picture.get("aria-label") == "QR"
    assert picture.get("viewBox") == "0 0 29 29"
