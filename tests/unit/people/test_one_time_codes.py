"""Codes of an authenticator app, held against the test vectors of the standards."""

import base64
from datetime import UTC, datetime

import pytest

from dxflow.services.people import one_time_codes as codes

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 5, 11, 1, 0, 10, tzinfo=UTC)
HERE = codes.step_of(NOW)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_the_vectors_of_rfc_6238(seconds, code):
    step = codes.step_of(datetime.fromtimestamp(seconds, UTC))
    assert codes.code_of(SECRET, step, digits=8) == code
    assert codes.code_of(SECRET, step) == code[2:]


def test_the_vectors_of_rfc_4226():
    assert [codes.code_of(SECRET, step) for step in range(10)] == [
        "755224", "287082", "359152", "969429", "338314",
        "254676", "287922", "162583", "399871", "520489",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("off", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_the_clock_of_a_phone_may_be_a_step_off(off, fits):
    found = codes.fitting_step(SECRET, codes.code_of(SECRET, HERE + off), NOW, after=0)
    assert found == (HERE + off if fits else None)


def test_a_step_that_is_used_up_and_those_before_it_fit_no_more():
    for off, fits in ((-1, False), (0, False), (1, True)):
        code = codes.code_of(SECRET, HERE + off)
        assert (codes.fitting_step(SECRET, code, NOW, after=HERE) is not None) == fits


@pytest.mark.parametrize(
    "typed", ["123456", "１２３４５６", " 123 456 ", "１２３　４５６", "123-456"]
)
def test_a_code_is_read_as_people_type_it(typed):
    code = codes.cleaned(typed)
    assert code == "123456"
    assert codes.is_of_app(code)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "٣٣٣٣٣٣", "abcdef", "x" * 10_000])
def test_what_is_no_code_of_an_app(typed):
    assert not codes.is_of_app(codes.cleaned(typed))


def test_codes_in_reserve_are_all_different_and_read_in_any_writing():
    fresh = codes.fresh_reserve()
    assert len(set(fresh)) == codes.RESERVE_CODES
    assert all([len(group) for group in one.split("-")] == [4, 4, 4, 4] for one in fresh)
    one = fresh[0]
    for typed in (one.lower(), one.replace("-", " "), one.replace("-", "")):
        assert codes.reserve_digest(typed) == codes.reserve_digest(one)


def test_the_address_names_program_and_account_and_the_secret_is_grouped():
    address = codes.address(SECRET, "a.b@city")
    assert address == f"otpauth://totp/dxflow:a.b@city?secret={SECRET}&issuer=dxflow"
    assert codes.grouped(SECRET)[:2] == ["GEZD", "GNBV"]
    assert len(base64.b32decode(codes.fresh_secret())) == 20
