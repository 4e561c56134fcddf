"""Host locks: what one must hold, and how a wrong one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rackwright import locks
from rackwright.errors import BadInput, UsageError
from rackwright.inventory.variables import nvidia
from rackwright.lab.twins.vendor import packages
from rackwright.paths import home
from rackwright.verify.checks import software
from rackwright.verify.expected import parse
from rackwright.verify.facts import Answer, Facts


@pytest.fixture
def fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog of our own, with one lock to break."""
    folder = tmp_path / "catalog" / "locks"
    folder.mkdir(parents=True)
    text = (home() / "catalog/locks/h100-debian13.yaml").read_text()
    (folder / "mine.yaml").write_text(text.replace("name: h100-debian13", "name: mine"))
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path))
    locks.load_lock.cache_clear()
    yield folder
    locks.load_lock.cache_clear()


def test_every_lock_loads_and_each_row_has_a_source() -> None:
    for path in (home() / "catalog/locks").glob("*.yaml"):
        lock = locks.load_lock(path.stem)
        assert all(row.source.startswith("https://") for row in lock.rows.values())


def test_driver_packages_have_the_version_that_the_driver_reports() -> None:
    driver = locks.load_lock("h100-debian13").row("driver")
    assert {version.rpartition("-")[0] for version in driver.packages.values()} == {driver.reports}


def test_packages_of_some_rows() -> None:
    assert set(locks.load_lock("h100-debian13").packages("nccl")) == {"libnccl2"}


def test_a_lock_of_another_vendor_gives_nothing_to_the_nvidia_roles() -> None:
    lock = locks.load_lock("mi300x-ubuntu2404")
    assert nvidia(lock) == {}
    assert not {"driver", "fabric_manager", "nccl"} & set(lock.rows)
    assert lock.packages("rccl")["rccl"].startswith(f"{lock.row('rccl').reports}.")


def test_a_lab_says_that_it_has_no_twins_of_another_vendor() -> None:
    with pytest.raises(
        UsageError, match="no lab for host lock mi300x-ubuntu2404: twins need its rows driver"
    ):
        next(packages(locks.load_lock("mi300x-ubuntu2404"), "amd64", "6.8.0"))


def test_gpus_of_another_vendor_are_not_measured_rather_than_failed() -> None:
    want = parse(
        {"device": "g", "kind": "server", "management": "10.0.0.1/16", "gpus": 8, "files": {}, "ports": {}}
    )
    facts = Facts(lambda question: Answer(0, "", ""))
    lock = locks.load_lock("mi300x-ubuntu2404").rows
    assert not list(software.fabric_manager(facts, want, lock))
    found = {verdict.check: verdict for verdict in software.counts(facts, want, lock)}
    assert (found["GPU count"].outcome, found["GPU count"].due) == ("not measured", False)


def test_no_such_lock_names_those_that_exist() -> None:
    with pytest.raises(UsageError, match="known: h100-debian13"):
        locks.load_lock("h200")


@pytest.mark.parametrize(
    ("row", "key", "value", "part"),
    [
        ("fabric_manager", "reports", "580.95.05", "is not the driver's 580.159.03"),
        ("nccl", "source", "a friend", "source"),
        ("nccl", "source", None, "source"),
        ("nccl", "colour", "red", "colour"),
        ("driver", "packages", {"Nvidia Driver": "1"}, "Nvidia Driver"),
        ("driver", "packages", {"nvidia-driver-cuda": "latest"}, "nvidia-driver-cuda"),
    ],
)
def test_a_wrong_lock_is_refused(fold: Path, row: str, key: str, value: object, part: str) -> None:
    path = fold / "mine.yaml"
    data = yaml.safe_load(path.read_text())
    if value is None:
        del data["rows"][row][key]
    else:
        data["rows"][row][key] = value
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(BadInput, match=part):
        locks.load_lock("mine")


def test_a_lock_under_another_name_is_refused(fold: Path) -> None:
    (fold / "other.yaml").write_text((fold / "mine.yaml").read_text())
    with pytest.raises(BadInput, match="expected the file's own name, other"):
        locks.load_lock("other")
