"""The cluster file as an inventory: groups, variables, and what must not be in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rackwright.errors import BadInput
from rackwright.inventory.build import CONNECTION, inventory
from rackwright.inventory.hostvars import variables

GPU = "gpu-su01-n01"


def test_groups_show_units_roles_and_planes(cluster: Path) -> None:
    groups = inventory(str(cluster)).groups
    gpus = [f"gpu-su01-n{number:02d}" for number in range(1, 5)]
    assert groups["units"] == {"unit_su01": gpus}
    assert groups["roles"] == {
        "role_gpu": gpus,
        "role_control_plane": ["control-01"],
        "role_storage": ["storage-01", "storage-02"],
    }
    assert groups["planes"]["plane_compute"] == gpus
    assert set(groups["planes"]["plane_storage"]) == {*gpus, "control-01", "storage-01", "storage-02"}
    assert groups["gpus"] == {"gpu_nvidia": gpus}
    assert groups["storage"] == {"storage_client": gpus, "storage_server": ["storage-01", "storage-02"]}


def test_each_role_has_a_group_of_those_that_get_it(cluster: Path) -> None:
    software = inventory(str(cluster)).groups["software"]
    gpus = [f"gpu-su01-n{number:02d}" for number in range(1, 5)]
    assert software["base"] == [*gpus, "control-01", "storage-01", "storage-02"]
    assert software["glusterfs"] == [*gpus, "storage-01", "storage-02"]
    assert software["nvidia_driver"] == software["nccl"] == gpus
    assert "amdgpu" not in software


def test_nccl_names_compute_devices_only(cluster: Path) -> None:
    text = inventory(str(cluster)).host_vars[GPU]["nccl_conf"]
    assert "NCCL_IB_HCA==mlx5_0,mlx5_3,mlx5_4,mlx5_5\n" in text
    assert "mlx5_1" not in text


def test_network_files_and_what_the_kernel_must_hold_are_of_one_design(cluster: Path) -> None:
    host = inventory(str(cluster)).host_vars[GPU]
    assert "/etc/nccl.conf" not in host["host_network_files"]
    for name, port in host["host_network_ports"].items():
        texts = [text for text in host["host_network_files"].values() if f"Name={name}\n" in text]
        assert len(texts) == 1
        assert f"Address={port['address']}\n" in texts[0]
        assert f"MTUBytes={port['mtu']}\n" in texts[0]
    assert host["host_network_ports"][host["host_network_management"]]["address"].startswith(
        host["ansible_host"]
    )


def test_a_storage_server_gets_nothing_of_the_gpu_roles(cluster: Path) -> None:
    host = inventory(str(cluster)).host_vars["storage-01"]
    assert not [key for key in host if key.startswith(("nvidia_", "nccl_"))]


def test_driver_variables_come_from_the_lock(cluster: Path) -> None:
    found = inventory(str(cluster)).host_vars[GPU]
    assert found["nvidia_driver_version"] == "580.159.03"
    assert found["nccl_packages"]["libnccl2"].startswith(f"{found['nccl_version']}-")


def test_host_keys_come_from_the_clusters_own_file_only(cluster: Path) -> None:
    args = inventory(str(cluster)).common["ansible_ssh_common_args"]
    assert "StrictHostKeyChecking=yes" in args
    assert "GlobalKnownHostsFile=/dev/null" in args


def test_no_depot_key_is_an_empty_one_that_role_base_refuses(cluster: Path, tmp_path: Path) -> None:
    assert inventory(str(cluster)).common["base_apt_key"] == ""
    (tmp_path / "state/lab/depot-key.asc").write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    assert inventory(str(cluster)).common["base_apt_key"].startswith("-----BEGIN")


def test_variables_hold_no_secret_and_no_path_of_this_machine(cluster: Path, tmp_path: Path) -> None:
    found = variables(cluster / "cluster.yaml", [GPU, "storage-01"])
    assert list(found) == [GPU, "storage-01"]
    text = json.dumps(found)
    assert str(tmp_path) not in text
    assert "PRIVATE KEY" not in text
    assert not CONNECTION & set(found[GPU])
    assert found[GPU]["nvidia_driver_version"] == "580.159.03"
    assert "nvidia_driver_version" not in found["storage-01"]


def test_variables_are_the_same_on_every_run(cluster: Path) -> None:
    path = cluster / "cluster.yaml"
    assert json.dumps(variables(path, [GPU])) == json.dumps(variables(path, [GPU]))


def test_a_wrong_cluster_file_is_refused(cluster: Path) -> None:
    path = cluster / "cluster.yaml"
    path.write_text(path.read_text().replace("dgx-h100", "dgx-h1000"))
    with pytest.raises(BadInput, match="dgx-h1000"):
        inventory(str(cluster))


def test_an_amd_site_has_no_nvidia_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path))
    found = inventory("mi300x-64")
    assert set(found.groups["gpus"]) == {"gpu_amd"}
    assert not [key for key in found.host_vars[GPU] if key.startswith("nvidia_")]
