"""Service level, lane and partition key walked through rendered text; each planted disagreement is found."""

from __future__ import annotations

import copy
from functools import lru_cache

import pytest
from tests.unit.validate.subnets import tenanted, words

from rackwright.render.build import Files, render
from rackwright.validate.infiniband import walked
from rackwright.validate.subnet.files import subnet_files

CONF, PARTITIONS = "subnet-manager/backend/opensm.conf", "subnet-manager/backend/partitions.conf"


@lru_cache
def _files() -> Files:
    return render(tenanted())


@pytest.fixture
def files() -> Files:
    return copy.deepcopy(_files())


def edit(files: Files, path: str, old: str, new: str) -> None:
    """``path`` of the site, or ``device:path``."""
    device, colon, own = path.partition(":")
    held = files.devices[device] if colon else files.site
    key = own if colon else path
    assert old in held[key], held[key]
    held[key] = held[key].replace(old, new)


def judged(files: Files) -> str:
    return words(walked(tenanted(), subnet_files(files)[0], files))


def test_what_we_render_agrees(files):
    assert judged(files) == ""


RED = "red-su03-n01" if "red-su03-n01" in {server.name for server in tenanted().servers} else "red-su02-n01"
NCCL = f"{RED}:/etc/nccl.conf"
FAULTS = [
    (NCCL, "NCCL_IB_SL=1", "NCCL_IB_SL=2", "nccl.conf sl: found NCCL_IB_SL 2, expected 1"),
    (CONF, "qos_sl2vl 0,1,", "qos_sl2vl 0,15,", "vl: found service level 1 on lane 15, expected a data lane"),
    (
        CONF,
        "qos_sl2vl 0,1,",
        "qos_sl2vl 0,3,",
        "vl: found service level 1 on lane 3, expected a lane that exists",
    ),
    (CONF, "qos_sl2vl 0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0", "qos_sl2vl 0", "vl: found 1 lanes in qos_sl2vl"),
    (CONF, "qos_vlarb_low 0:32,1:224", "qos_vlarb_low 0:32", "vl: found lane 1 has no share"),
    (CONF, "qos TRUE", "qos FALSE", "sl: found qos FALSE, expected qos TRUE: NCCL uses service level 1"),
    (
        NCCL,
        "NCCL_IB_PKEY=0",
        "NCCL_IB_PKEY=1",
        f"{RED} mlx5_0 pkey: found NCCL_IB_PKEY 1: 0x7fff, expected 0x8007",
    ),
    (NCCL, "NCCL_IB_PKEY=0", "NCCL_IB_PKEY=32775", "found NCCL_IB_PKEY 32775: no key, expected 0x8007"),
    (PARTITIONS, "acme=0x0007, indx0", "acme=0x0007", "found NCCL_IB_PKEY 0: 0x7fff, expected 0x8007"),
    (PARTITIONS, "acme=0x0007", "acme=0x0008", "found NCCL_IB_PKEY 0: 0x8008, expected 0x8007"),
    (
        PARTITIONS,
        "no-tenant=0x7ffe, indx0",
        "no-tenant=0x7ffe",
        "mlx5_0 pkey: found NCCL_IB_PKEY 0: 0x7fff, expected a key with full membership; two limited",
    ),
    (
        PARTITIONS,
        "mtu=4 : ALL=limited",
        "mtu=4 : ALL=full",
        "isolation: found full member of the default partition",
    ),
    (
        PARTITIONS,
        f"  # GUID not known: {RED} mlx5_3\n",
        "",
        f"{RED} mlx5_3 pkey: found NCCL_IB_PKEY 0: 0x7fff, expected 0x8007; tenant acme",
    ),
    (
        PARTITIONS,
        "acme=0x0007, indx0, ipoib, mtu=4",
        "acme=0x0007, indx0",
        "ipoib: found partition acme without ipoib",
    ),
    (
        PARTITIONS,
        "acme=0x0007, indx0, ipoib, mtu=4",
        "acme=0x0007, indx0, ipoib, mtu=3",
        f"{RED} mlx5_0 mtu: found MTUBytes=2044, expected at most 1020; mtu=3 of partition acme",
    ),
    (
        PARTITIONS,
        "acme=0x0007, indx0",
        "acme=0x0007, index0",
        "partition: found flag index0, expected opensm's grammar",
    ),
    (
        PARTITIONS,
        "  NONE ;",
        "  0x946dae0300000001=full, NONE ;",
        "guid: found 0x946dae0300000001, expected a port",
    ),
]


@pytest.mark.parametrize(("path", "old", "new", "expected"), FAULTS)
def test_a_disagreement_is_found(files, path, old, new, expected):
    edit(files, path, old, new)
    assert expected in judged(files)


def test_limited_at_both_ends_cannot_talk(files):
    """Each port of the tenant is in its partition, at index 0, and no two can exchange a packet."""
    text = files.site[PARTITIONS]
    start = text.index("acme=")
    end = text.index(";", start)
    guids = subnet_files(files)[0].guids()
    lines = [
        f"{guids[line.removeprefix('  # GUID not known: ')]:#018x}=limited," if "not known" in line else line
        for line in text[start:end].splitlines()
    ]
    files.site[PARTITIONS] = text[:start] + "\n".join(lines) + text[end:]
    found = judged(files)
    assert "pkey: found 0x0007 at both ends, expected one full member; limited members" in found


def test_two_tenants_in_one_partition_are_found(files):
    edit(files, PARTITIONS, "zeta=0x012c", "zeta=0x0007")
    assert "expected 0x812c; tenant zeta" in judged(files)


def test_a_stranger_in_a_tenants_partition_is_found(files):
    line = "  # GUID not known: blue-su01-n01 mlx5_0\n"
    text = files.site[PARTITIONS]
    start = text.index("acme=")
    first = text.index("\n", start) + 1
    files.site[PARTITIONS] = text[:first] + line + text[first:]
    found = judged(files)
    assert "isolation: found full member of the partition acme, expected one tenant's ports only" in found
    assert "it reaches hosts of zeta" in found
