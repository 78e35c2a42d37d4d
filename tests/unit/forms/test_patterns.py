"""Only patterns whose cost stays small on text from outside."""

import re
import time

import pytest

from dxflow.forms.files.patterns import LONGEST_INPUT, why_refused

ALLOWED = [
    r"^\d{3}-\d{4}$", r"^[A-Z]{2}[0-9]+$", r"^(R|H)\d{1,2}-.+$", r"^\d+(\.\d+)?$", r"[^\]a\\]*x",
    r"^(?:ab)+$", r"a{2}", r"\(\)", r"^[+-]?\d+$", "a{", r"(\d{2}){3}",
]  # fmt: skip
REFUSED = [
    r"(a+)+$", r"(a|a)*b", r"(a?){30}a{30}", r"^(\w+\s?)*$", r"(.*)(.*)(.*)(.*)x", r"(a)\1",
    r"[]x]+", r"[^]]", r"a\Z", r"\Aa", r"(?=a)", r"(?<!a)", r"(?P<n>a)", r"(?i)a", "(", "[", "a{9999999999}", "a?" * 30 + "a" * 30,
    "((a{1,9}){1,9}){1,9}", "x" * 301, r"[[:alpha:]]*+(a+)+",
]  # fmt: skip


@pytest.mark.parametrize("pattern", ALLOWED)
def test_ordinary_patterns_are_allowed(pattern):
    assert why_refused(pattern) == ""


@pytest.mark.parametrize("pattern", REFUSED)
def test_patterns_that_could_take_for_ever_or_differ_between_tools_are_refused(pattern):
    assert why_refused(pattern) != ""


@pytest.mark.parametrize("pattern", [r"^.*.*.*x$", r"a*a*a*b", r"^[^x]+[^y]+[^z]+!$"])
def test_the_worst_allowed_pattern_is_still_quick(pattern):
    assert why_refused(pattern) == ""
    started = time.process_time()

    re.search(pattern, "a" * LONGEST_INPUT, re.ASCII)

    assert time.process_time() - started < 2
