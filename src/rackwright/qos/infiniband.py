"""What adapters and the subnet manager agree on: service level, virtual lane and partition key index."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Server

SERVICE_LEVELS = 16


@dataclass(frozen=True, slots=True)
class SubnetContract:
    """Bulk traffic has a lane of its own, so that it does not fill the buffers of what shares lane 0: IPoIB
    and the subnet manager's services."""

    sl: int
    """Service level of RDMA traffic (``NCCL_IB_SL``); everything else is on 0."""
    lanes: int
    """Virtual lanes in use: the more, the fewer buffers each has."""
    pkey_index: int = 0
    """Place in the port's table of the key that RDMA traffic uses (``NCCL_IB_PKEY``): partitions are written
    with ``indx0``."""

    @property
    def max_op_vls(self) -> int:
        """PortInfo:OperationalVLs as a code: 1: VL0; 2: VL0-1; 3: VL0-3; 4: VL0-7 (IBTA 14.2.5.6)."""
        return {1: 1, 2: 2, 4: 3, 8: 4}[self.lanes]

    @property
    def sl2vl(self) -> tuple[int, ...]:
        """Lane by service level; levels that nobody uses are on lane 0, none is dropped."""
        return tuple(self.sl % self.lanes if level == self.sl else 0 for level in range(SERVICE_LEVELS))


LANED, SINGLE = SubnetContract(1, 2), SubnetContract(0, 1)


def subnet_contract(engine: str) -> SubnetContract:
    """dfsssp hands out service levels itself to break loops: a level of ours would undo that."""
    return SINGLE if engine == "dfsssp" else LANED


def nccl_settings(design: Design, server: Server) -> dict[str, str]:
    """What NCCL must say on this server so that both ends agree; empty where compute is no InfiniBand."""
    for plane in design.planes:
        fabric = design.spec.fabrics[plane.fabric]
        if plane.name == "compute" and fabric.kind == "infiniband" and server.on("compute"):
            manager = fabric.subnet_manager
            contract = subnet_contract(manager.engine if manager and manager.engine else "")
            return {"NCCL_IB_PKEY": str(contract.pkey_index), "NCCL_IB_SL": str(contract.sl)}
    return {}
