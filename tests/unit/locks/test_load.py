"""Host locks: what they hold, who they are for, and how a cluster with a wrong one is refused.

Wrong ones by the dozen: tests/golden/locks/.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rackwright import locks
from rackwright.errors import BadInput, UsageError
from rackwright.load.catalog import tables
from rackwright.load.cluster import read
from rackwright.locks.load import names
from rackwright.paths import home
from rackwright.verify.checks import software
from rackwright.verify.expected import parse
from rackwright.verify.facts import Answer, Facts

CLUSTER = """
cluster: c
lock: LOCK
machines: {gpu: {sku: SKU, count: 4}}
fabrics: {}
planes: {}
"""


@pytest.fixture
def fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A catalog of our own, with one lock to break."""
    shutil.copytree(home() / "catalog", tmp_path / "catalog")
    shutil.copytree(home() / "network-planes", tmp_path / "network-planes")
    folder = tmp_path / "catalog" / "locks"
    text = (folder / "h100-debian13.yaml").read_text()
    (folder / "mine.yaml").write_text(text.replace("name: h100-debian13", "name: mine", 1))
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path))
    locks.load_lock.cache_clear()
    yield folder
    locks.load_lock.cache_clear()


@pytest.mark.parametrize("name", names())
def test_every_lock_holds_and_each_row_has_a_source(name: str) -> None:
    lock = locks.load_lock(name)
    assert lock.name == name
    assert all(row.source.startswith("https://") for row in lock.rows.values())


def test_there_are_locks_for_every_gpu_of_the_catalog() -> None:
    assert {gpu.lock for gpu in tables(home()).gpus.values()} <= set(names())
    for name, gpu in tables(home()).gpus.items():
        assert name in locks.load_lock(gpu.lock).gpus


@pytest.mark.parametrize("name", [name for name in names() if locks.load_lock(name).previous])
def test_machines_come_from_an_older_lock_of_the_same_distribution(name: str) -> None:
    lock = locks.load_lock(name)
    older = locks.load_lock(str(lock.previous))
    assert (older.os, older.gpus, older.apt) == (lock.os, lock.gpus, lock.apt)
    changed = {row for row in lock.rows if row in older.rows and older.row(row) != lock.row(row)}
    assert changed & {"driver", "amdgpu", "kubernetes"}, "what the step is about"


def test_metal_pins_the_kernel_and_the_lab_does_not() -> None:
    metal, lab = locks.load_lock("h100-debian13"), locks.load_lock("lab-h100-debian13")
    assert metal.row("kernel").packages
    assert not lab.row("kernel").packages
    assert {**metal.rows, "kernel": None} == {**lab.rows, "kernel": None}
    assert lab.previous == "lab-h100-debian13-570"


def test_a_row_is_taken_away_by_null_and_previous_is_not_taken_over() -> None:
    tray, hgx = locks.load_lock("gb200-ubuntu2404"), locks.load_lock("h100-ubuntu2404")
    assert "fabric_manager" in hgx.rows
    assert "fabric_manager" not in tray.rows
    assert tray.row("imex").reports == tray.row("driver").reports
    assert (hgx.previous, tray.previous) == ("h100-ubuntu2404-570", None)
    assert (tray.os, tray.image) == (hgx.os, hgx.image)


@pytest.mark.parametrize(
    ("name", "driver", "libnccl", "rdma"),
    [
        ("h100-rhel9", "3:580.159.03-1.el9", "libnccl", "kmod-mlnx-ofa_kernel"),
        ("h100-rocky9", "3:580.159.03-1.el9", "libnccl", "libibverbs-utils"),
    ],
)
def test_names_of_packages_and_repository_for_dnf(name: str, driver: str, libnccl: str, rdma: str) -> None:
    lock = locks.load_lock(name)
    assert lock.apt is None
    assert lock.dnf is not None
    assert lock.dnf.repository == "rackwright"
    assert lock.row("driver").packages["kmod-nvidia-open-dkms"] == driver
    assert set(lock.packages("nccl")) == {libnccl}
    assert rdma in lock.row("rdma").packages
    assert lock.row("kernel").packages["kernel-core"] == "5.14.0-570.62.1.el9_6"


def test_packages_of_some_rows() -> None:
    lock = locks.load_lock("h100-debian13")
    assert set(lock.packages("nccl", "no such row")) == {"libnccl2"}
    assert set(lock.packages("persistence")) == {"nvidia-modprobe", "nvidia-persistenced"}
    assert len(lock.packages()) == sum(len(row.packages) for row in lock.rows.values())


def test_gpus_of_another_vendor_are_not_measured_rather_than_failed() -> None:
    want = parse(
        {"device": "g", "kind": "server", "management": "10.0.0.1/16", "gpus": 8, "files": {}, "ports": {}}
    )
    facts = Facts(lambda question: Answer(0, "", ""))
    lock = locks.load_lock("mi300x-ubuntu2404").rows
    assert not list(software.fabric_manager(facts, want, lock))
    found = {verdict.check: verdict for verdict in software.counts(facts, want, lock)}
    assert (found["GPU count"].outcome, found["GPU count"].due) == ("not measured", False)


def test_no_such_lock_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean h100-debian13"):
        locks.load_lock("h100-debain13")


@pytest.mark.parametrize(
    ("row", "key", "value", "part"),
    [
        ("fabric_manager", "reports", "580.95.05", "expected 580.159.03, as driver reports"),
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


def test_a_cluster_whose_lock_does_not_hold_is_refused_at_the_place_in_the_lock(fold: Path) -> None:
    path = fold / "mine.yaml"
    path.write_text(path.read_text().replace("flavour: open", "flavour: proprietary"))
    cluster = fold / "cluster.yaml"
    cluster.write_text(CLUSTER.replace("LOCK", "mine").replace("SKU", "dgx-h100"))
    with pytest.raises(BadInput, match=r"mine\.yaml:\d+:14 rows\.driver\.flavour: .*gds-needs-open-driver"):
        read(str(cluster))


@pytest.mark.parametrize(
    ("lock", "sku", "said"),
    [
        ("h100-debian13", "dgx-b200", "b200-ubuntu2404 is one"),
        ("h100-debian13", "mi300x-8gpu", "mi300x-ubuntu2404 is one"),
        ("mi300x-ubuntu2404", "dgx-h100", "h100-debian13 is one"),
        ("gb200-ubuntu2404", "hgx-h200", "h100-debian13 is one"),
    ],
)
def test_a_lock_for_other_gpus_is_refused(tmp_path: Path, lock: str, sku: str, said: str) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER.replace("LOCK", lock).replace("SKU", sku))
    with pytest.raises(BadInput, match=rf"cluster\.yaml:3:7 lock: .*a host lock for .*machines\.gpu; {said}"):
        read(str(path))


@pytest.mark.parametrize(
    ("sku", "lock", "noted"),
    [
        ("dgx-h100", "h100-debian13", False),
        ("hgx-b200", "b200-ubuntu2404", True),
        ("mi355x-8gpu", "mi300x-ubuntu2404", True),
    ],
)
def test_a_cluster_that_names_no_lock_gets_the_one_for_its_gpus(
    tmp_path: Path, sku: str, lock: str, noted: bool
) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER.replace("lock: LOCK\n", "").replace("SKU", sku))
    loaded = read(str(path))
    assert loaded.spec.lock == lock
    assert (("lock",) in {choice.path for choice in loaded.choices}) == noted
