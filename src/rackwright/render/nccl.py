"""nccl.conf: what NCCL, or RCCL, must be told so that its packets are what the fabric was set up for.

NCCL reads ``/etc/nccl.conf``, RCCL ``/etc/rccl.conf``, with the same keys
(https://rocm.docs.amd.com/projects/rccl/en/latest/api-reference/env-variables.html). RCCL's parser takes a
comment that has an equals sign for a setting (ROCm/rccl src/misc/param.cc), so the comments have none.
"""

from __future__ import annotations

from functools import lru_cache

from rackwright.models.design import Design, Nic, Server
from rackwright.qos.infiniband import nccl_settings
from rackwright.render.templates import template

NCCL, RCCL = "/etc/nccl.conf", "/etc/rccl.conf"
ROWS = {NCCL: "nccl", RCCL: "rccl"}
"""The host lock's row whose role writes the file."""
LIMIT = 1023
"""Characters on either side of the equals sign (NVIDIA/nccl src/misc/param.cc)."""
_GID_INDEX = {"NVIDIA": 3, "Broadcom": 3, "AMD": 1}
"""Place of a port's RoCE v2 GID with its IPv4 address, by the NIC's maker. One that offers RoCE v1, too, has
two entries for each address, the link-local one first (https://github.com/NVIDIA/doroce-linux). Pollara has
v2 only."""


def conf_files(server: Server, design: Design) -> dict[str, str]:
    """Absolute path to text; none on servers without GPUs or without RDMA on the compute plane."""
    nics = [nic for nic in server.on("compute") if nic.rdma and nic.parent is None]
    if not server.gpus or not nics:
        return {}
    business = next((nic for nic in server.on("business")), None)
    values = {"NCCL_IB_HCA": "=" + ",".join(dict.fromkeys(str(nic.rdma) for nic in nics))}
    if business is not None:
        values["NCCL_SOCKET_IFNAME"] = f"={business.name}"
    values |= _marks(design, nics) | nccl_settings(design, server)
    adaptive = any(f.adaptive_routing for f in design.fabrics if f.name == design.plane("compute").fabric)
    values["NCCL_IB_ADAPTIVE_ROUTING"] = str(int(adaptive))
    if any(nic.port for nic in nics):
        values["NCCL_IB_MERGE_NICS"] = "1"
    amd = (server.gpu_product or "").startswith("AMD")
    return {RCCL if amd else NCCL: _text("RCCL" if amd else "NCCL", tuple(sorted(values.items())))}


def _marks(design: Design, nics: list[Nic]) -> dict[str, str]:
    """How RoCE packets are marked and addressed; nothing on InfiniBand."""
    plane = design.plane("compute")
    if plane.roce is None:
        return {}
    marks = {"NCCL_IB_TC": str(plane.roce.tos)}
    index = _GID_INDEX.get(nics[0].vendor or "")
    if plane.prefix6 is None and index is not None:
        return marks | {"NCCL_IB_GID_INDEX": str(index)}
    # with two address families the order of GIDs is that in which addresses came: NCCL looks for its own
    return marks | {"NCCL_IB_ADDR_FAMILY": "AF_INET", "NCCL_IB_ROCE_VERSION_NUM": "2"}


@lru_cache(maxsize=256)
def _text(reader: str, values: tuple[tuple[str, str], ...]) -> str:
    long = [key for key, value in values if len(value) > LIMIT]
    if long:
        raise ValueError(f"{reader} reads {LIMIT} characters of a value: {', '.join(long)}")
    return template("host/nccl.conf.j2").render(reader=reader, values=values)
