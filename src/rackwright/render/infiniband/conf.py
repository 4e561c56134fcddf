"""opensm.conf: only what differs from the manager's defaults, and what must not depend on them."""

from __future__ import annotations

from rackwright.qos.infiniband import SubnetContract, subnet_contract
from rackwright.render.infiniband.guids import WAITS, complete
from rackwright.render.infiniband.subnets import Subnet

FOLDER = "/etc/opensm"
ROOTS, COMPUTE, IO = "root-guids.txt", "compute-guids.txt", "io-guids.txt"
MASTER, STANDBY = 14, 8
"""sm_priority, 0 to 15: the higher one leads."""
_TREES = ("ftree", "ar_ftree")
_ROOTED = (*_TREES, "updn", "ar_updn")
"""Engines that want to know the top tier."""


def opensm_conf(subnet: Subnet, priority: int) -> str:
    """The whole file, for the leading manager or the one that stands by."""
    engine, flavour = subnet.engine, subnet.manager.flavour
    who = "OpenSM of linux-rdma" if flavour == "stock" else "NVIDIA's subnet manager (MLNX_SM, DOCA, UFM)"
    lines = [
        f"# {who} for InfiniBand subnet {subnet.name}. Written by rackwright.",
        f"sm_priority {priority}",
        "# the engine by name, and no other in its place: a fabric that does not fit it must be seen",
        f"routing_engine {engine},no_fallback",
        *_lists(subnet),
        f"node_name_map_name {FOLDER}/node-name-map.txt",
        f"partition_config_file {FOLDER}/partitions.conf",
        "# switches drop what is not in a port's partitions, both ways",
        "part_enforce both",
        "allow_both_pkeys FALSE",
        "lmc 0",
        *_qos(subnet_contract(engine)),
    ]
    if flavour == "vendor":
        lines += [
            "# SHARP is switched on in UFM (ib sm sharp enable), not here",
            *(["find_roots_color_algorithm TRUE"] if engine.endswith("updn") else []),
        ]
    return "\n".join(lines) + "\n"


def _lists(subnet: Subnet) -> list[str]:
    """GUID files that the engine reads. A list with a hole is worse than none: without one the engine finds
    roots and compute nodes by itself, on a fabric that is a pure tree."""
    rows: list[tuple[str, str, list[str]]] = []
    if subnet.engine in _ROOTED:
        rows.append(("root_guid_file", ROOTS, [switch.name for switch in subnet.roots]))
    if subnet.engine in _TREES:
        rows.append(("cn_guid_file", COMPUTE, [one.name for one in subnet.adapters if one.kind != "io"]))
        if others := [one.name for one in subnet.adapters if one.kind == "io"]:
            rows.append(("io_guid_file", IO, others))
    whole = all(complete(names, subnet) for _, _, names in rows)
    return [f"{'' if whole else WAITS}{option} {FOLDER}/{file}" for option, file, _ in rows]


def _qos(contract: SubnetContract) -> list[str]:
    if contract.lanes == 1:
        return ["qos FALSE"]
    return [
        f"# service level {contract.sl} (RDMA) on a virtual lane of its own; all others on lane 0,",
        "# which may send a little first: it is IPoIB and the manager's own traffic",
        "qos TRUE",
        "use_optimized_slvl TRUE",
        f"max_op_vls {contract.max_op_vls}",
        f"qos_max_vls {contract.lanes}",
        "qos_high_limit 4",
        "qos_vlarb_high 0:32",
        f"qos_vlarb_low 0:32,{contract.sl2vl[contract.sl]}:224",
        f"qos_sl2vl {','.join(map(str, contract.sl2vl))}",
    ]
