"""``rackwright validate``: findings, missing programs and edited folders, with their exit codes."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from rackwright import validate
from rackwright.cli import app
from rackwright.cli import validate as command
from rackwright.errors import WorldRefused
from rackwright.models.finding import Finding
from rackwright.pipeline import plan
from rackwright.render.write import batches, write
from rackwright.validate import source


def run(*words):
    return CliRunner().invoke(app.build("validate"), ["validate", *map(str, words)])


@pytest.fixture
def only(monkeypatch):
    """Replace all validators by the given ones."""

    def give(**modules):
        monkeypatch.setattr(command, "fitting", lambda design: [modules[name] for name in sorted(modules)])
        monkeypatch.setattr(command, "MODULES", dict.fromkeys(modules, ""))

    return give


def fake(name, needs=(), findings=(), **more):
    return SimpleNamespace(name=name, needs=needs, check=lambda design, files: list(findings), **more)


def test_roce_on_linux_switches_is_not_called_a_pass_of_the_switches():
    done = run("lab", "--only", "roce")
    assert done.exit_code == 0
    assert "roce: nothing found" in done.stdout
    assert "roce: not measured: backend: the walk does not look into 6 switches: frr" in done.stdout


def test_a_finding_is_a_line_and_exit_1(only):
    only(a=fake("a", findings=[Finding("leaf-01", "mtu", "1500", "9216", "raise it")]), b=fake("b"))
    done = run("lab")
    assert done.exit_code == 1
    assert "a: leaf-01 mtu: found 1500, expected 9216; raise it\n" in done.stdout
    assert "a: 1 finding (" in done.stdout
    assert "b: nothing found (" in done.stdout


def test_a_missing_program_is_no_pass(only):
    only(a=fake("a", needs=("no-such-program",), findings=[Finding("x", "y", "z", "w")]))
    done = run("lab")
    assert done.exit_code == 1
    assert "a: not measured: no-such-program not found on this machine\n" in done.stdout
    assert "nothing found" not in done.stdout
    answer = json.loads(run("lab", "--json").stdout)
    assert answer["validators"][0]["outcome"] == "not measured"
    assert answer["validators"][0]["findings"] == []


def test_a_program_that_does_not_work_hides_no_other_result(only):
    def check(design, files):
        raise WorldRefused("here", "opensm", "it hangs")

    only(
        a=SimpleNamespace(name="a", needs=(), check=check),
        b=fake("b", findings=[Finding("w", "l", "f", "e")]),
    )
    done = run("lab")
    assert done.exit_code == 1
    assert "a: not measured: here: opensm: it hangs\n" in done.stdout
    assert "b: w l: found f, expected e\n" in done.stdout


def test_json_has_every_field(only):
    only(a=fake("a", findings=[Finding("w", "l", "f", "e", "h")]))
    answer = json.loads(run("lab", "--json").stdout)
    assert answer["cluster"] == "lab"
    (row,) = answer["validators"]
    assert row["outcome"] == "fail"
    assert row["findings"] == [{"where": "w", "layer": "l", "found": "f", "expected": "e", "hint": "h"}]


def test_an_unknown_validator_is_bad_input():
    done = run("lab", "--only", "rose")
    assert done.exit_code != 0
    assert "did you mean roce?" in str(done.exception)


def test_files_of_a_folder_are_judged_as_they_are(tmp_path):
    design = plan("lab").design
    write(batches(design), tmp_path, 1)
    assert run("lab", "--only", "roce", "--from", tmp_path).exit_code == 0
    script = tmp_path / "devices/gpu-su01-n03/etc/rackwright/roce/apply.sh"
    script.write_text(script.read_text().replace("--pfc 0,0,0,1,0", "--pfc 0,0,0,0,1"))
    done = run("lab", "--only", "roce", "--from", tmp_path)
    assert done.exit_code == 1
    assert "roce: gpu-su01-n03 class: found DSCP 26 is in class 3, PFC on 4" in done.stdout


def test_a_folder_without_devices_is_bad_input(tmp_path):
    assert "no devices/" in str(run("lab", "--from", tmp_path).exception)


def test_devices_that_are_asked_for_are_rendered_alike(tmp_path):
    design = plan("lab").design
    write(batches(design), tmp_path, 1)
    whole, few = source.folder(tmp_path), source.asked(design)
    for device in ("gpu-su01-n02", "backend-su01-r1"):
        assert few.devices[device] == whole.devices[device]
    assert set(few.devices) == {"gpu-su01-n02", "backend-su01-r1"}
    path = "/etc/rackwright/roce/apply.sh"
    assert few.devices["gpu-su01-n02"][path] == whole.devices["gpu-su01-n02"][path]
    assert few.devices.get("no-such-device") == {}


@pytest.mark.parametrize("name", sorted(validate.MODULES))
def test_every_validator_is_whole(name):
    each = validate.validator(name)
    assert each.name == name
    assert isinstance(each.needs, tuple)
    assert isinstance(each.fits(plan("lab").design), bool)
