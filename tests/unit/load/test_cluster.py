"""load by name, folder and file; the asset list beside it; everything at once."""

from __future__ import annotations

import pytest

from rackwright.errors import BadInput, UsageError
from rackwright.load.cluster import load
from rackwright.paths import home


def test_by_name():
    path, spec, tables = load("lab")
    assert path == home() / "inventories/lab/cluster.yaml"
    assert spec.cluster == "lab"
    assert tables.assets["gpu-su01-n01"].serial


@pytest.mark.parametrize("name", ["mi300x-64", "superpod-h100-127"])
def test_the_other_inventories(name):
    assert load(name)[1].cluster == name


def test_by_folder_and_by_file(tmp_path, valid, monkeypatch):
    (tmp_path / "cluster.yaml").write_text(valid)
    (tmp_path / "other.yaml").write_text(valid.replace("cluster: lab", "cluster: other"))
    assert load(str(tmp_path))[1].cluster == "lab"
    assert load(str(tmp_path / "other.yaml"))[1].cluster == "other"
    monkeypatch.chdir(tmp_path)
    assert load("other.yaml")[1].cluster == "other"


@pytest.mark.parametrize("name", ["labb", "", "/nowhere/at/all", "a\0b", "x" * 5000, "../../etc"])
def test_no_such_cluster(name):
    with pytest.raises(UsageError) as caught:
        load(name)
    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 400


def test_no_such_cluster_names_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean lab\?"):
        load("labb")


def test_a_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "cluster.yaml").mkdir()
    with pytest.raises(UsageError):
        load(str(tmp_path))


def test_the_asset_list_is_read(tmp_path, valid):
    (tmp_path / "cluster.yaml").write_text(valid)
    assert load(str(tmp_path))[2].assets == {}
    row = 'gpu-su01-n01: {serial: "0042", nics: {eno3: 02:00:00:00:00:01}}'
    (tmp_path / "assets.yaml").write_text(f"{row}\n")
    asset = load(str(tmp_path))[2].assets["gpu-su01-n01"]
    assert (asset.serial, asset.bmc_mac, dict(asset.nics)) == ("0042", None, {"eno3": "02:00:00:00:00:01"})


def test_an_asset_list_with_strangers_is_read_beside_kubernetes(tmp_path, valid):
    """Then the cluster is designed, to see whether a switch has the name: it needs the lock's versions."""
    (tmp_path / "cluster.yaml").write_text(f"{valid}kubernetes: {{}}\n")
    (tmp_path / "assets.yaml").write_text("nobody: {serial: A1}\n")
    with pytest.raises(BadInput, match="nobody"):
        load(str(tmp_path))
    (tmp_path / "assets.yaml").unlink()
    assert load(str(tmp_path))[2].versions["kubernetes"] == "1.34.6"


def test_defaults_need_not_be_written(tmp_path, valid):
    (tmp_path / "cluster.yaml").write_text(valid)
    spec = load(str(tmp_path))[1]
    assert spec.access.bmc_password == "state:bmc-password"  # noqa: S105 (a reference)
    assert spec.storage is None
    assert not spec.physical.simulated


def test_comments_byte_order_mark_and_windows_line_ends_are_fine(tmp_path, valid):
    raw = b"\xef\xbb\xbf# K\xc3\xb6ln\r\n" + valid.replace("\n", "\r\n").encode()
    (tmp_path / "cluster.yaml").write_bytes(raw)
    assert load(str(tmp_path))[1].cluster == "lab"


def test_mistakes_of_all_stages_are_said_at_once(tmp_path, valid):
    """Duplicate key, type, trap, unknown key, unknown SKU, overlap: all in one run, in the file's order."""
    text = (
        valid.replace("count: 4", "count: four")
        .replace("count: 1,", "count: 010, colour: red,")
        .replace("generic-nvme", "generic-nvm")
        .replace("10.80.0.0/14", "10.64.0.0/14")
        + "cluster: again\n"
    )
    (tmp_path / "cluster.yaml").write_text(text)
    with pytest.raises(BadInput) as caught:
        load(str(tmp_path))
    assert [problem.path for problem in caught.value.problems] == [
        "machines.gpu.count",
        "machines.control.count",
        "machines.control.colour",
        "machines.storage.sku",
        "planes.storage.prefix",
        "cluster",
    ]
    assert [problem.line for problem in caught.value.problems] == [3, 4, 4, 5, 12, 15]


def test_no_more_than_a_hundred_mistakes_are_listed(tmp_path):
    (tmp_path / "cluster.yaml").write_text("".join(f"k{i}: 1\n" for i in range(1000)))
    with pytest.raises(BadInput) as caught:
        load(str(tmp_path))
    assert len(caught.value.problems) == 101
    assert "902 more mistakes" in str(caught.value)
