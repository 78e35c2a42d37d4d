"""The picture of the set-up page: named, with a margin, of a size that a phone reads."""

from lxml import etree

from dxflow.services.people import one_time_codes
from dxflow.web import qr


def side(picture: str) -> int:
    _x, _y, width, height = map(int, etree.fromstring(picture).get("viewBox").split())
    assert width == height
    return width


def test_the_picture_has_a_name_and_a_margin():
    drawn = qr.svg("a", 'QR "1"')
    assert etree.fromstring(drawn).get("aria-label") == 'QR "1"'
    assert side(drawn) == 21 + 2 * 4  # version 1, and four modules on each side
    dark = etree.fromstring(drawn)[-1].get("d")
    assert dark.startswith("M4,4h1v1h-1z")  # the corner of the first finder pattern
    assert "M3," not in dark


def test_the_longest_user_name_fits_into_a_picture_that_a_phone_reads():
    longest = one_time_codes.address(one_time_codes.fresh_secret(), "@" * 64)
    assert side(qr.svg(longest, "QR")) <= 65
