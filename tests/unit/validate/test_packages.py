"""Packages of the validators: what is missing is named; services of theirs stay off."""

from __future__ import annotations

import os

import pytest

from rackwright.validate import packages


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What would have been installed, what stood in the way of services, what was run."""
    seen: dict[str, object] = {"run": []}
    monkeypatch.setattr(packages, "_POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages.shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    monkeypatch.setattr(packages, "run", lambda argv, *_, **__: seen["run"].append(list(argv)))

    def installed(names):
        seen["packages"] = list(names)
        seen["policy"] = packages._POLICY.read_text() if packages._POLICY.exists() else None

    monkeypatch.setattr(packages.lab, "install", installed)
    return seen


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(packages.shutil, "which", lambda name, path=None: None)
    monkeypatch.setattr(packages, "library", lambda: None)
    assert packages.missing() == [package for _, package in packages.NEEDED] + ["libumad2sim0"]
    assert {"frr", "opensm", "ibsim-utils", "infiniband-diags"} < set(packages.missing())


def test_no_service_starts_while_apt_works(asked):
    packages.install(["opensm", "ibsim-utils"])
    assert asked["packages"] == ["opensm", "ibsim-utils"]
    assert asked["policy"] == "#!/bin/sh\nexit 101\n"
    assert not packages._POLICY.exists()
    assert asked["run"] == [["systemctl", "disable", "--quiet", "opensm.service"]]


def test_a_policy_that_is_there_stays(asked):
    packages._POLICY.write_text("the site's own\n")
    packages.install(["ibsim-utils"])
    assert asked["policy"] == packages._POLICY.read_text() == "the site's own\n"
    assert asked["run"] == []


def test_the_policy_goes_away_when_apt_fails(asked, monkeypatch):
    def fails(names):
        raise RuntimeError(names)

    monkeypatch.setattr(packages.lab, "install", fails)
    with pytest.raises(RuntimeError):
        packages.install(["frr"])
    assert not packages._POLICY.exists()
