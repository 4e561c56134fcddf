"""``depot build --optional``: a cluster may do without what cannot be had, and never with wrong bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.plain_lab import plain_lab

from rackwright.cli.app import main
from rackwright.engine.download import WrongDigest
from rackwright.errors import Lacking, RackwrightError, WorldRefused

LACKING = Lacking("kubernetes-1.37.2 for amd64", {"etcd": "Go: it is not installed"}, 30)


@pytest.fixture(autouse=True)
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKWRIGHT_DEPOT", str(tmp_path / "depot"))


def build(monkeypatch: pytest.MonkeyPatch, problem: RackwrightError, *words: str) -> int:
    """Exit code of a build that ends so."""

    def fill(*_: Any, **__: Any) -> None:
        raise problem

    monkeypatch.setattr("rackwright.depot.fill.fill", fill)
    with pytest.raises(SystemExit) as left:
        main(["depot", "build", *words])
    return int(left.value.code or 0)


@pytest.mark.parametrize("problem", [LACKING, WorldRefused("this machine", "build etcd", "ended with 1")])
def test_what_cannot_be_had_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: RackwrightError
) -> None:
    assert build(monkeypatch, problem, "lab", "--optional") == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("depot: not filled for lab: ")
    assert all(word in line for word in str(problem).split())
    assert build(monkeypatch, problem, "lab") == 3


def test_wrong_bytes_are_no_reason_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(monkeypatch, WrongDigest("etcd: other bytes"), "lab", "--optional") == 3


def test_a_cluster_without_kubernetes_needs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(plain_lab()))
    assert build(monkeypatch, LACKING, str(path), "--optional") == 0
    assert capsys.readouterr().out == f"depot: {path} needs no programs or images\n"
    assert build(monkeypatch, LACKING, "nowhere", "--optional") == 2
