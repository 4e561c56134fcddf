"""A machine on paper for the twins: two GPUs, its driver installed and loaded, all below one folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rackwright.lab import hardware
from rackwright.lab.twins.payload.hardware_twin import ctk, daemons, dcgm, gds, gpu, imex, mig_state, record

VERSION = "580.159.03"
VERSIONS = {
    "container_toolkit": "1.20.1",
    "dcgm": "4.4.2",
    "dcgm_exporter": "4.5.3-4.8.2",
    "gds": "1.15.1.6",
    "imex": VERSION,
}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``machine(ecc={...})`` writes the record anew, with faults; some words change the GPUs themselves."""
    libraries, versions, state = tmp_path / "lib", tmp_path / "versions", tmp_path / "state"
    for folder in (libraries, versions, state, tmp_path / "dev"):
        folder.mkdir()
    for name in ("libnvidia-ml.so", "libcuda.so"):
        (libraries / f"{name}.{VERSION}").touch()
        (libraries / f"{name}.1").symlink_to(f"{name}.{VERSION}")
    for name, version in VERSIONS.items():
        (versions / name).write_text(f"{version}\n")
    for module, name, path in (
        (record, "LIBRARIES", (libraries,)),
        (record, "VERSIONS", versions),
        (record, "RECORD", tmp_path / "record.json"),
        (mig_state, "INFOROM", tmp_path / "inforom.json"),
        (record, "STATE", state),
        (record, "LOADED", state / "nvidia-module"),
        (record, "FABRIC", state / "fabric"),
        (record, "DEVICES", tmp_path / "dev"),
        (gpu, "PERSISTENCE", tmp_path / "persistence"),
        (daemons, "FABRIC_MANAGER", tmp_path / "VERSION"),
        (daemons, "SOCKET", tmp_path / "fabric-socket"),
        (daemons, "LOG", tmp_path / "fabricmanager.log"),
        (daemons, "CONFIGURATION", tmp_path / "fabricmanager.cfg"),
        (dcgm, "PID", tmp_path / "nv-hostengine.pid"),
        (imex, "PID", tmp_path / "imex.pid"),
        (imex, "CONFIGURATION", tmp_path / "config.cfg"),
        (imex, "NODES", tmp_path / "nodes_config.cfg"),
        (ctk, "FOLDERS", (tmp_path / "cdi",)),
        (gds, "CONFIGURATION", tmp_path / "cufile.json"),
        (gds, "MODULE", tmp_path / "nvidia-fs-version"),
    ):
        monkeypatch.setattr(module, name, path)
    record.LOADED.write_text(f"{VERSION}\n")
    daemons.FABRIC_MANAGER.write_text(f"{VERSION}\n")
    gpu.PERSISTENCE.touch()

    def put(
        nvlinks: dict[str, Any] | None = {"count": 18, "gbps": 26.562},  # noqa: B006 - only read
        mig: list[int] = [],  # noqa: B006 - only read
        fabric: bool = False,
        compute_cap: str = "9.0",
        **faults: Any,
    ) -> None:
        gpus = [
            {
                "index": place,
                "uuid": f"GPU-{place}",
                "name": "NVIDIA H100 80GB HBM3",
                "pci": f"0000:1{place}:00.0",
                "numa": 0,
                "memory_mib": 81559,
                "serial": f"S{place}",
                "vbios": "SIMULATED",
                "pcie": {"gen": 5, "width": 16},
                "nvlinks": nvlinks,
                "mig": place in mig,
                "compute_cap": compute_cap,
                "mig_profiles": hardware._mig("h100-sxm-80gb"),
            }
            for place in range(2)
        ]
        if fabric:
            record.FABRIC.touch()
        nics = [
            {"name": "enp64s0np0", "rdma": "mlx5_10", "mac": "02:00:00:00:00:02", "fw_version": "28.47.2682"},
            {"name": "enp24s0np0", "rdma": "mlx5_0", "mac": "02:00:00:00:00:01", "fw_version": "28.47.2682"},
        ]
        data = {"simulated": True, "gpus": gpus, "nics": nics, "faults": faults}
        record.RECORD.write_text(json.dumps(data))

    put()
    return put
