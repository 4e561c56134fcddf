"""Marks: what a server sends with, and whether its programs and its NICs say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rackwright.qos.contract import rdma_mtu
from rackwright.qos.walk.blame import Wrong
from rackwright.qos.walk.follow import Marks
from rackwright.qos.walk.picture import Host, Nic

CNP_DSCP = 48
"""What every maker's firmware sends CNPs with until it is told (CS6)."""


def marks_of(host: Host, nic: Nic) -> Marks:
    """The NIC's word goes before the program's, as it does on the wire."""
    tos = nic.tos if nic.tos is not None else nic.cm_tos
    if tos is None:
        tos = _int(host.nccl.get("NCCL_IB_TC")) or 0
    cnp = CNP_DSCP if nic.cnp_dscp is None else nic.cnp_dscp
    return Marks(tos >> 2 & 63, cnp & 63)


def at_host(
    name: str, host: Host, planes: Mapping[str, str], compute: list[str], least_mtu: int
) -> Iterator[Wrong]:
    """What NCCL's settings and the NICs contradict each other in.

    :param planes: plane by RDMA device, as cabled.
    :param compute: interfaces on the compute plane.
    :param least_mtu: RDMA path MTU that the plane promises.
    """
    for interface in compute:
        nic = host.nics[interface]
        if nic.port.mtu is not None and rdma_mtu(nic.port.mtu) < least_mtu:
            found = f"MTU {nic.port.mtu}, which carries an RDMA MTU of {rdma_mtu(nic.port.mtu)}"
            yield Wrong(name, interface, "mtu", found, f"room for an RDMA MTU of {least_mtu}")
    if not host.nccl:
        return
    yield from _traffic_class(name, host, compute)
    yield from _devices(name, host, planes)


def _traffic_class(name: str, host: Host, compute: list[str]) -> Iterator[Wrong]:
    said = _int(host.nccl.get("NCCL_IB_TC"))
    for interface in compute:
        nic = host.nics[interface]
        words = {"traffic_class": nic.tos, "the RDMA CM": nic.cm_tos}
        for word, tos in words.items():
            if tos is not None and (said is None or said >> 2 != tos >> 2):
                found = "no NCCL_IB_TC" if said is None else f"NCCL_IB_TC={said}, DSCP {said >> 2}"
                expected = f"{tos}, DSCP {tos >> 2}, as {word} of the NICs has"
                yield Wrong(name, "", "marking", found, expected)
                break


def _devices(name: str, host: Host, planes: Mapping[str, str]) -> Iterator[Wrong]:
    """``^`` excludes, ``=`` means these names and no others; both in this order."""
    listed = host.nccl.get("NCCL_IB_HCA", "")
    excludes = listed.startswith("^")
    rest = listed.removeprefix("^")
    exact = rest.startswith("=")
    names = [word.split(":")[0] for word in rest.removeprefix("=").split(",") if word]
    used = {device for device in planes if any(_takes(word, device, exact) for word in names) != excludes}
    if not names:  # unset: NCCL takes all that there are
        used = set(planes)
    for device in sorted(used):
        if planes[device] != "compute":
            hint = "" if exact else "without a leading equals sign a name stands for all that begin with it"
            found = f"NCCL_IB_HCA takes {device}, which is on the {planes[device]} plane"
            yield Wrong(name, "", "hca", found, "devices of the compute plane only", hint)
    for word in names:
        if exact and word not in planes:
            found = f"NCCL_IB_HCA names {word}, which is no cabled device"
            yield Wrong(name, "", "hca", found, "devices that exist")
    lacking = sorted(device for device, plane in planes.items() if plane == "compute" and device not in used)
    if lacking:
        yield Wrong(name, "", "hca", f"NCCL_IB_HCA leaves out {', '.join(lacking)}", "every compute device")


def _takes(word: str, device: str, exact: bool) -> bool:
    return device == word or (not exact and device.startswith(word))


def _int(text: str | None) -> int | None:
    try:
        return None if text is None else int(text, 0)
    except ValueError:
        return None
