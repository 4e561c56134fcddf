"""cma_roce_mode and cma_roce_tos: RoCE version and mark of connections that the RDMA CM makes, in configfs.

Options as in https://github.com/Mellanox/mlnx-tools (sbin/cma_roce_mode, sbin/cma_roce_tos).
"""

from __future__ import annotations

import getopt
from pathlib import Path

CONFIG = Path("/sys/kernel/config/rdma_cm")
MODES = {"1": "IB/RoCE v1", "2": "RoCE v2"}


def _options(arguments: list[str], letters: str) -> dict[str, str]:
    found, _ = getopt.getopt(arguments, letters)
    return dict(found)


def _port(options: dict[str, str]) -> Path | None:
    """The device's port in configfs; says why there is none."""
    device, port = options.get("-d", "mlx5_0"), options.get("-p", "1")
    if not CONFIG.is_dir():
        print("Module rdma_cm is not loaded or does not support configfs")
        return None
    if not (CONFIG / device).is_dir():
        print(f"Failed to create configuration for {device}")
        return None
    found = CONFIG / device / "ports" / port
    if not found.is_dir():
        print(f"Device {device} port {port} does not exist")
        return None
    return found


def _set(path: Path, value: str | None) -> int:
    if value is not None:
        path.write_text(value + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8").strip())
    return 0


def mode(arguments: list[str]) -> int:
    try:
        options = _options(arguments, "d:m:hp:")
    except getopt.GetoptError as problem:
        print(f"cma_roce_mode: {problem}")
        return 1
    port = _port(options)
    return 1 if port is None else _set(port / "default_roce_mode", MODES.get(options.get("-m", "")))


def tos(arguments: list[str]) -> int:
    try:
        options = _options(arguments, "d:t:hp:")
        mark = int(options.get("-t", "-1"))
    except (getopt.GetoptError, ValueError) as problem:
        print(f"cma_roce_tos: {problem}")
        return 1
    port = _port(options)
    return 1 if port is None else _set(port / "default_roce_tos", str(mark) if 0 <= mark <= 255 else None)
