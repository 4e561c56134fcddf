"""The schedulers' topologies, read by their own rules and compared with the cabling."""

from __future__ import annotations

import copy
import itertools
import json
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from ClusterShell.NodeSet import NodeSet
from tests.unit.design.clusters import made

from rackwright.paths import home
from rackwright.pipeline import plan
from rackwright.render.site.scheduler import files
from rackwright.render.wiring import Wiring

SCHEMAS = {
    "Topology": "kueue-topology",
    "ResourceFlavor": "kueue-resourceflavor",
    "HyperNode": "volcano-hypernode",
}
UNIT = "rackwright.dev/unit"


@pytest.fixture(scope="module", params=["lab", "superpod-h100-127", "gb200-nvl72", "three-tiers"])
def read_back(request):
    """Also a rack-scale cluster, and pods."""
    if request.param == "three-tiers":
        backend = {"kind": "roce", "switch": "sn5600", "nos": "frr", "topology": "rail-optimised", "tiers": 3}
        backend |= {"pod_units": 2, "spines": None}
        design = made(machines__gpu__count=16, fabrics__backend=backend)
    else:
        design = plan(request.param).design
    return design, files(design, Wiring.of(design))


def schema(kind):
    return json.loads((home() / "tests" / "schemas" / f"{SCHEMAS[kind]}.json").read_text())


def documents(files, name):
    return list(yaml.safe_load_all(files[f"scheduler/{name}"]))


def leaves(design):
    """Server name to the compute leaves it is cabled to, read from the cables."""
    compute = next(plane.fabric for plane in design.planes if plane.name == "compute")
    found: dict[str, set[str]] = {}
    for cable in design.cables:
        if cable.kind == "host-leaf" and cable.fabric == compute:
            found.setdefault(cable.z.device, set()).add(cable.a.device)
    return found


def test_every_server_has_a_node_that_kubernetes_accepts(read_back):
    design, files = read_back
    nodes = documents(files, "node-labels.yaml")
    assert [node["metadata"]["name"] for node in nodes] == [server.name for server in design.servers]
    for node in nodes[:40]:
        kubernetes_validate.validate(node, "1.34", strict=True)
    assert all(len(value) <= 63 for node in nodes for value in node["metadata"]["labels"].values())


def test_kubernetes_refuses_a_label_that_is_no_text(read_back):
    _, files = read_back
    node = documents(files, "node-labels.yaml")[0]
    node["metadata"]["labels"]["x"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(node, "1.34", strict=True)


def test_servers_have_the_same_unit_exactly_when_they_share_their_leaves(read_back):
    design, files = read_back
    labels = {
        node["metadata"]["name"]: node["metadata"]["labels"] for node in documents(files, "node-labels.yaml")
    }
    by_unit: dict[str, set[frozenset[str]]] = {}
    wired = leaves(design)
    for server in design.servers:
        if server.gpus:
            by_unit.setdefault(labels[server.name][UNIT], set()).add(frozenset(wired[server.name]))
        else:
            assert UNIT not in labels[server.name]
    larger_than_a_leaf = any(server.nvlink_domain for server in design.servers)
    assert all(len(found) == 1 or larger_than_a_leaf for found in by_unit.values())
    of_unit = [frozenset().union(*found) for found in by_unit.values()]
    assert all(not one & other for one, other in itertools.combinations(of_unit, 2))


def test_levels_nest(read_back):
    _, files = read_back
    labels = [node["metadata"]["labels"] for node in documents(files, "node-labels.yaml")]
    topology = documents(files, "kueue.yaml")[0]
    keys = [level["nodeLabel"] for level in topology["spec"]["levels"]]
    assert keys[-1] == "kubernetes.io/hostname"
    gpu = [row for row in labels if UNIT in row]
    for upper, lower in itertools.pairwise(keys[:-1]):
        above = {}
        for row in gpu:
            assert above.setdefault(row[lower], row[upper]) == row[upper]


@pytest.mark.parametrize("name", ["kueue.yaml", "kai.yaml", "volcano-hypernodes.yaml"])
def test_objects_are_as_their_definitions_ask(read_back, name):
    _, files = read_back
    found = documents(files, name)
    assert found
    for document in found:
        jsonschema.validate(document, schema(document["kind"]))
        broken = copy.deepcopy(document)
        broken["spec"]["levles"] = 1
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema(document["kind"]))


def test_flavors_name_the_topology_and_labels_that_nodes_have(read_back):
    _, files = read_back
    topology, *flavors = documents(files, "kueue.yaml")
    labels = [node["metadata"]["labels"] for node in documents(files, "node-labels.yaml")]
    assert flavors
    for flavor in flavors:
        assert flavor["spec"]["topologyName"] == topology["metadata"]["name"]
        wanted = flavor["spec"]["nodeLabels"].items()
        assert any(wanted <= row.items() for row in labels)


def test_hypernodes_make_one_tree_over_every_gpu_server(read_back):
    design, files = read_back
    hypernodes = {row["metadata"]["name"]: row["spec"] for row in documents(files, "volcano-hypernodes.yaml")}
    labels = {
        node["metadata"]["name"]: node["metadata"]["labels"] for node in documents(files, "node-labels.yaml")
    }

    def nodes(name):
        spec, found = hypernodes[name], []
        for member in spec["members"]:
            if member["type"] == "HyperNode":
                inner = member["selector"]["exactMatch"]["name"]
                assert hypernodes[inner]["tier"] == spec["tier"] - 1
                found += nodes(inner)
            else:
                wanted = member["selector"]["labelMatch"]["matchLabels"].items()
                found += [node for node, row in labels.items() if wanted <= row.items()]
        return found

    inside = {
        member["selector"]["exactMatch"]["name"]
        for spec in hypernodes.values()
        for member in spec["members"]
        if member["type"] == "HyperNode"
    }
    (root,) = set(hypernodes) - inside
    assert sorted(nodes(root)) == sorted(server.name for server in design.servers if server.gpus)


def slurm(text, first):
    """Lines of a topology.conf as dicts, by the value of their first key."""
    rows = [dict(word.split("=", 1) for word in line.split()) for line in text.splitlines() if line[0] != "#"]
    return {row[first]: row for row in rows if first in row}, rows


def test_slurms_tree_has_every_node_once_and_one_root(read_back):
    design, files = read_back
    switches, _ = slurm(files["scheduler/slurm/topology-tree.conf"], "SwitchName")
    nodes = [node for row in switches.values() if "Nodes" in row for node in NodeSet(row["Nodes"])]
    assert sorted(nodes) == sorted(server.name for server in design.servers if server.gpus)
    below = [name for row in switches.values() if "Switches" in row for name in NodeSet(row["Switches"])]
    assert len(below) == len(set(below))
    assert len(set(switches) - set(below)) == 1


def test_slurms_blocks_carry_the_base_size(read_back):
    design, files = read_back
    text = files["scheduler/slurm/topology-block.conf"]
    blocks, rows = slurm(text, "BlockName")
    sizes = [int(size) for row in rows if "BlockSizes" in row for size in row["BlockSizes"].split(",")]
    members = [NodeSet(row["Nodes"]) for row in blocks.values()]
    assert sum(map(len, members)) == sum(bool(server.gpus) for server in design.servers)
    assert min(map(len, members)) == sizes[0]
    assert all(later == 2 * size for size, later in itertools.pairwise(sizes))


def test_topographs_model_is_a_tree_over_the_same_nodes(read_back):
    design, files = read_back
    model = yaml.safe_load(files["scheduler/topograph-model.yaml"])
    nodes = [node for switch in model["switches"].values() for node in switch.get("nodes", [])]
    gpus = sorted(server.name for server in design.servers if server.gpus)
    assert sorted(nodes) == sorted(model["nodes"]) == gpus
    for name, row in model["capacity_blocks"].items():
        mine = [node for node, values in model["nodes"].items() if values["capacity_block"] == name]
        assert sorted(NodeSet(",".join(row["nodes"]))) == sorted(mine)


def test_the_readers_are_pinned():
    """The validators are other people's: the lock file says which."""
    lock = tomllib.loads(Path(home() / "uv.lock").read_text())
    assert {"clustershell", "jsonschema", "kubernetes-validate"} <= {row["name"] for row in lock["package"]}
