"""The cabling's files, read back by programs that are not ours and compared with the design."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pydot
import pytest
from tests.unit.render.site.conftest import ends

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")  # pyparsing's old names in it


def rows(files, path):
    return list(csv.DictReader(io.StringIO(files[path])))


def test_the_plan_has_every_cable_with_its_places(read_back):
    design, files = read_back
    found = {
        frozenset(((row["a_device"], row["a_port"]), (row["z_device"], row["z_port"]))): row
        for row in rows(files, "cable-plan.csv")
    }
    assert set(found) == {ends(cable) for cable in design.cables}
    racks = {server.name: (server.rack, str(server.rack_unit)) for server in design.servers}
    for row in found.values():
        if row["z_device"] in racks:
            assert (row["z_rack"], row["z_unit"]) == racks[row["z_device"]]


def test_each_fabric_has_a_workbook_with_its_cables(read_back):
    design, files = read_back
    for fabric in design.fabrics:
        book = openpyxl.load_workbook(io.BytesIO(files[f"cabling/{fabric.name}.xlsx"]), read_only=True)
        lines = [line for sheet in book for line in sheet.iter_rows(values_only=True)]
        head, body = lines[0], lines[1:]
        assert head[:6] == ("A-Node Name", "A-Type", "A-Port", "Z-Node Name", "Z-Type", "Z-Port")
        mine = [cable for cable in design.cables if cable.fabric == fabric.name]
        assert len(body) == len(mine)
        assert {frozenset((line[0:3:2], line[3:6:2])) for line in body} == {ends(cable) for cable in mine}
        for line, cable in zip(body, mine, strict=True):
            assert line[head.index("Length m")] == cable.length_m
            assert line[head.index("Part")] == cable.part
            assert line[head.index("Speed Gb/s")] == cable.speed_gbps


def test_a_workbook_has_no_clock_in_it(read_back):
    design, files = read_back
    book = zipfile.ZipFile(io.BytesIO(files[f"cabling/{design.fabrics[0].name}.xlsx"]))
    assert {info.date_time[0] for info in book.infolist()} == {1980}
    assert b"2000-01-01" in book.read("docProps/core.xml")


def test_every_cable_has_a_label_on_either_end_and_they_name_each_other(read_back):
    design, files = read_back
    labels = rows(files, "cabling/labels.csv")
    assert len(labels) == 2 * len(design.cables)
    by_cable: dict[str, list[dict[str, str]]] = {}
    for label in labels:
        by_cable.setdefault(label["cable"], []).append(label)
    assert len(by_cable) == len(design.cables)
    for pair in by_cable.values():
        one, two = pair
        assert {one["end"], two["end"]} == {"A", "Z"}
        assert (one["here"], one["there"]) == (two["there"], two["here"])


def edges(text):
    (graph,) = pydot.graph_from_dot_data(text)
    found = set()
    for edge in graph.get_edges():
        sides = []
        for side in (edge.get_source(), edge.get_destination()):
            device, _, port = side.partition('":"')
            sides.append((device.strip('"'), port.strip('"')))
        found.add(frozenset(sides))
    return graph, found


def ethernet(design):
    return {fabric.name for fabric in design.fabrics if fabric.kind != "infiniband"}


def compared(design, fabric):
    """Cables between devices of ours whose far end speaks LLDP."""
    known = {device.name for device in (*design.servers, *design.switches)}
    return {
        ends(cable)
        for cable in design.cables
        if cable.fabric == fabric and cable.z.device in known and cable.z.port != "bmc"
    }


def test_ptm_reads_the_wiring_of_every_ethernet_fabric(read_back):
    design, files = read_back
    _, found = edges(files["cabling/ptm/topology.dot"])
    assert found == set().union(*(compared(design, name) for name in ethernet(design)))


def test_the_validator_reads_roles_and_wiring(read_back):
    design, files = read_back
    switches = {switch.name: switch for switch in design.switches}
    for name in ethernet(design):
        graph, found = edges(files[f"cabling/cvt/{name}.dot"])
        assert found == compared(design, name)
        roles = {node.get_name().strip('"'): node.get("role") for node in graph.get_nodes()}
        assert set(roles) == {device for edge in found for device, _ in edge}
        for device, role in roles.items():
            switch = switches.get(device)
            wanted = {"leaf": "leaf", "spine": "spine", "core": "super_spine", "oob": "leaf"}
            assert role == (wanted[switch.tier] if switch else "host")


def test_the_reader_sees_a_missing_edge(read_back):
    _, files = read_back
    text = files["cabling/ptm/topology.dot"]
    _, all_edges = edges(text)
    _, fewer = edges("\n".join(line for number, line in enumerate(text.splitlines()) if number != 1))
    assert len(all_edges - fewer) == 1


@pytest.mark.parametrize("name", ["1-racks", "2-devices", "3-interfaces", "4-cables"])
def test_netbox_has_no_line_twice(read_back, name):
    _, files = read_back
    lines = files[f"netbox/{name}.csv"].splitlines()
    assert len(lines) == len(set(lines)) > 1


def test_netbox_knows_every_end_before_its_cable(read_back):
    design, files = read_back
    devices = {row["name"]: row for row in rows(files, "netbox/2-devices.csv")}
    racks = {row["name"]: int(row["u_height"]) for row in rows(files, "netbox/1-racks.csv")}
    ports = {(row["device"], row["name"]): row for row in rows(files, "netbox/3-interfaces.csv")}
    cables = rows(files, "netbox/4-cables.csv")
    for row in devices.values():
        assert not row["rack"] or 1 <= int(row["position"]) <= racks[row["rack"]]
    assert {device for device, _ in ports} == set(devices)
    found = set()
    for row in cables:
        pair = [(row[f"side_{side}_device"], row[f"side_{side}_name"]) for side in "ab"]
        assert all(end in ports and ports[end]["type"] != "virtual" for end in pair)
        assert {row["side_a_type"], row["side_b_type"]} == {"dcim.interface"}
        found.add(frozenset(pair))
    assert found == {ends(cable) for cable in design.cables}
