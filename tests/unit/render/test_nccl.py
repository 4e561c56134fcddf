"""nccl.conf and rccl.conf: marks from the contract, exact devices, nothing that a parser would misread."""

from __future__ import annotations

import dataclasses

import pytest

from rackwright.render.nccl import NCCL, RCCL, _text, conf_files


def read(text):
    """As RCCL reads it: a comment with an equals sign would be a setting."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def gpu(design):
    return next(server for server in design.servers if server.gpus)


def changed(design, **values):
    """The design with another compute plane."""
    planes = tuple(
        dataclasses.replace(plane, **values) if plane.name == "compute" else plane for plane in design.planes
    )
    return dataclasses.replace(design, planes=planes)


def test_marks_follow_from_the_contract(lab):
    design = lab[0]
    contract = dataclasses.replace(design.plane("compute").roce, dscp=24)
    (text,) = conf_files(gpu(design), changed(design, roce=contract)).values()
    assert read(text)["NCCL_IB_TC"] == "98"


def test_no_comment_is_a_setting(site):
    (text,) = conf_files(gpu(site[0]), site[0]).values()
    assert all(key.startswith("NCCL_") for key in read(text))
    assert "'" not in text
    assert '"' not in text


def test_amd_reads_a_file_of_its_own(site):
    server = gpu(site[0])
    (path,) = conf_files(server, site[0])
    assert path == (RCCL if "AMD" in server.gpu_product else NCCL)


def test_infiniband_has_no_roce_marks():
    from rackwright.pipeline import plan

    design = plan("superpod-h100-127").design
    values = read(conf_files(gpu(design), design)[NCCL])
    assert "NCCL_IB_TC" not in values
    assert "NCCL_IB_GID_INDEX" not in values
    assert values["NCCL_IB_PKEY"] == "0"


def test_with_two_address_families_nccl_looks_for_its_own_gid(lab):
    design = changed(lab[0], prefix6="2001:db8::/64")
    values = read(conf_files(gpu(design), design)[NCCL])
    assert "NCCL_IB_GID_INDEX" not in values
    assert values["NCCL_IB_ADDR_FAMILY"] == "AF_INET"
    assert values["NCCL_IB_ROCE_VERSION_NUM"] == "2"


def test_several_ports_of_a_nic_are_merged(lab):
    server = gpu(lab[0])
    nics = tuple(dataclasses.replace(nic, port=1) if nic.rail == 3 else nic for nic in server.nics)
    values = read(conf_files(dataclasses.replace(server, nics=nics), lab[0])[NCCL])
    assert values["NCCL_IB_MERGE_NICS"] == "1"
    assert "NCCL_IB_MERGE_NICS" not in read(conf_files(server, lab[0])[NCCL])


def test_adaptive_routing_is_said_as_the_fabric_has_it(lab):
    design = lab[0]
    fabrics = tuple(dataclasses.replace(fabric, adaptive_routing=True) for fabric in design.fabrics)
    on = dataclasses.replace(design, fabrics=fabrics)
    assert read(conf_files(gpu(design), design)[NCCL])["NCCL_IB_ADAPTIVE_ROUTING"] == "0"
    assert read(conf_files(gpu(on), on)[NCCL])["NCCL_IB_ADAPTIVE_ROUTING"] == "1"


def test_a_value_that_nccl_would_cut_is_refused():
    with pytest.raises(ValueError, match="NCCL_IB_HCA"):
        _text("NCCL", (("NCCL_IB_HCA", "x" * 1024),))
