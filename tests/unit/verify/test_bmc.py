"""Asking a BMC, against one that speaks Redfish over TLS and whose faults can be switched on."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from fake_bmc import FakeBmc

from rackwright.models.design import Addr
from rackwright.pipeline import plan
from rackwright.secrets import Secret
from rackwright.verify import bmc as asked
from rackwright.verify.bmc import ask, verdicts

PASSWORD = "canary-5f1d"  # noqa: S105 - a fake's


@pytest.fixture
def fake(tmp_path):
    one = FakeBmc(tmp_path / "bmc", PASSWORD, serial="SER1")
    one.on = True
    yield one
    one.close()


def look(fake, tmp_path, password=PASSWORD, limit=2.0):
    address = fake.url.removeprefix("https://")
    return ask(address, "admin", Secret("env:X", password), tmp_path / "bmc" / "ca.pem", limit)


def test_power_and_serial(fake, tmp_path):
    found = look(fake, tmp_path)
    assert (found.power, found.serial, found.wrong) == ("On", "SER1", None)
    fake.on = False
    assert look(fake, tmp_path).power == "Off"


def test_a_refused_password_is_said_and_not_shown(fake, tmp_path):
    found = look(fake, tmp_path, password="canary-other")  # noqa: S106
    assert found.wrong == "refuses the password (HTTP 401)"
    assert "canary" not in repr(found)


def test_a_failing_bmc(fake, tmp_path):
    fake.failing = True
    assert look(fake, tmp_path).wrong == "answers with HTTP 503"


def test_a_silent_bmc_costs_its_limit(fake, tmp_path):
    fake.delay = 30
    server = plan("lab").design.servers[0]
    slow = replace(server, name="slow", bmc=replace(server.bmc, address=_At(fake)))
    password = Secret("env:X", PASSWORD)
    begun = time.monotonic()
    found = asyncio.run(asked.ask_all((slow,), "admin", password, tmp_path / "bmc" / "ca.pem", 1.0))
    assert found["slow"].wrong == "no answer within 2 s"
    assert time.monotonic() - begun < 4


def test_an_unknown_authority_is_refused(fake, tmp_path):
    other = FakeBmc(tmp_path / "other", PASSWORD)
    try:
        address = fake.url.removeprefix("https://")
        found = ask(address, "admin", Secret("env:X", PASSWORD), tmp_path / "other" / "ca.pem", 2.0)
    finally:
        other.close()
    assert found.power is None
    assert found.wrong
    assert "not signed by access.bmc_ca" in found.wrong


def test_nobody_there(tmp_path, fake):
    found = ask("127.0.0.1:9", "admin", Secret("env:X", PASSWORD), tmp_path / "bmc" / "ca.pem", 2.0)
    assert found.wrong == "nobody answers at its address"


def test_all_are_asked_side_by_side_and_one_that_hangs_holds_nobody(fake, tmp_path):
    server = plan("lab").design.servers[0]
    good = replace(server, name="good", bmc=replace(server.bmc, address=_At(fake)))
    away = replace(server, name="away", bmc=replace(server.bmc, address=Addr(0xC0000201, 32)))
    begun = time.monotonic()
    found = asyncio.run(
        asked.ask_all((good, away), "admin", Secret("env:X", PASSWORD), tmp_path / "bmc" / "ca.pem", 1.0)
    )
    assert found["good"].power == "On"
    assert found["away"].wrong
    assert time.monotonic() - begun < 6


class _At:
    """An address with a port, for the fake."""

    def __init__(self, fake):
        self.ip = fake.url.removeprefix("https://")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (asked.Bmc("On", "LAB-DGX-0001", 0.1), {"bmc": "pass", "power": "pass", "serial": "pass"}),
        (asked.Bmc("Off", "LAB-DGX-0001", 0.1), {"bmc": "pass", "power": "fail", "serial": "pass"}),
        (asked.Bmc("On", "OTHER", 0.1), {"bmc": "pass", "power": "pass", "serial": "fail"}),
        (asked.Bmc("On", "LAB-DGX-0001", 7.0), {"bmc": "fail", "power": "pass", "serial": "pass"}),
        (asked.Bmc(None, None, 0.1, "answers with HTTP 503"), {"bmc": "fail", "power": "not measured"}),
        (None, {"bmc": "not measured"}),
    ],
)
def test_verdicts(answer, expected):
    server = plan("lab").design.servers[0]
    assert {v.check: v.outcome for v in verdicts(server, answer)} == expected
