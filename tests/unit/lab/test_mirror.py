"""The mirror is what this machine's apt uses, in whatever form it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackwright.lab.mirror import Mirror, choose

CASES = {
    "debian, security and updates beside it": (
        "Debian\tbookworm-security\tmain\thttp://m/debian-security/\n"
        "Debian\tbookworm-updates\tmain\thttp://m/debian/\n"
        "Debian\tbookworm\tmain\thttp://m/debian/",
        "http://m/debian/",
    ),
    "a vendor's archive first": (
        "Vendor\tbookworm\tmain\thttps://vendor/apt/\nDebian\tbookworm\tmain\thttp://m/debian/",
        "http://m/debian/",
    ),
    "lists never fetched: origin unknown": ("$(ORIGIN)\ttrixie\tmain\thttp://m/debian/", "http://m/debian/"),
    "only security": ("Debian\tbookworm-security\tmain\thttp://m/debian-security/", None),
    "old form of security": ("Debian\tbuster/updates\tmain\thttp://m/security/", None),
    "another component": ("Debian\tbookworm\tcontrib\thttp://m/debian/", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("targets", "expected"), CASES.values(), ids=CASES.keys())
def test_choose(targets: str, expected: str | None) -> None:
    assert choose(targets) == expected


def test_line_pins_the_keyring() -> None:
    mirror = Mirror("http://m/debian", Path("/k.gpg"))
    assert mirror.line("trixie") == "deb [signed-by=/k.gpg] http://m/debian trixie main"
