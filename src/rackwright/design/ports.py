"""Ports: what a switch's operating system calls cage 7, second half."""

from __future__ import annotations

from functools import lru_cache

from rackwright.models.spec import Nos
from rackwright.models.tables import SwitchModel

_LANES = 8
"""Serdes lanes of a cage where the model is not said."""
_FAST_GBPS = 50
"""More than one lane carries (IEEE 802.3: 50G a lane before 802.3ck), so an uplink above it has four."""


def lanes_of(model: SwitchModel | None, cage: int) -> tuple[int, int]:
    """(first lane on the front panel, lanes) of a cage, from 1. Uplink cages stand behind the others."""
    if model is None:
        return (cage - 1) * _LANES, _LANES
    if not model.uplinks or cage <= model.ports:
        return (cage - 1) * model.lanes, model.lanes
    own = 4 if (model.uplink_speed_gbps or model.speed_gbps) > _FAST_GBPS else 1
    return model.ports * model.lanes + (cage - model.ports - 1) * own, own


def port_name(nos: Nos, cage: int, split: int = 1, part: int = 0, model: SwitchModel | None = None) -> str:
    """``cage`` from 1, ``part`` from 0. SONiC counts lanes from the first port, EOS inside the cage.

    >>> port_name("frr", 7), port_name("frr", 7, 2, 1), port_name("sonic", 7, 2, 1), port_name("eos", 7, 2, 1)
    ('swp7', 'swp7s1', 'Ethernet52', 'Ethernet7/5')
    """
    if nos in ("frr", "cumulus"):
        return f"swp{cage}" if split == 1 else f"swp{cage}s{part}"
    if nos in ("sonic", "eos"):
        first, lanes = lanes_of(model, cage)
        lane = part * (lanes // split)
        if nos == "sonic":
            return f"Ethernet{first + lane}"
        return f"Ethernet{cage}" if lanes == 1 else f"Ethernet{cage}/{lane + 1}"
    return f"{cage}/{part + 1}" if split > 1 else f"{cage}"


@lru_cache(maxsize=256)
def row(nos: Nos, model: SwitchModel, first_cage: int, split: int, ports: int) -> tuple[str, ...]:
    """Names of ports in a row of equally split cages that begins at ``first_cage``."""
    return tuple(
        port_name(nos, first_cage + index // split, split, index % split, model) for index in range(ports)
    )
