"""Intent: what a file leaves out is chosen, said, and fits; what stands in it is never changed."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from rackwright.design.build import design
from rackwright.load.cluster import load, read
from rackwright.load.prefixes import place_prefixes
from rackwright.pipeline import plan
from rackwright.up.shards import steps


def cluster(sku, gpus, fabrics=""):
    text = f"cluster: a\nmachines: {{gpu: {{sku: {sku}, gpus: {gpus}}}}}\n"
    return text + (f"fabrics: {{{fabrics}}}\n" if fabrics else "")


SMALLEST = cluster("dgx-h100", 64)


@pytest.fixture
def loaded(tmp_path):
    def load_text(text):
        path = tmp_path / "cluster.yaml"
        path.write_text(text)
        return read(str(path))

    return load_text


def chosen(found):
    return {".".join(choice.path): choice.value for choice in found.choices}


def test_a_file_of_machines_only_is_a_whole_cluster(loaded):
    found = loaded(SMALLEST)
    made = design(found.spec, found.tables)
    assert sum(server.gpus for server in made.servers) == 64
    shapes = {row.name: (row.kind, row.model, row.nos, row.topology) for row in made.fabrics}
    assert shapes == {
        "backend": ("roce", "sn5600", "cumulus", "rail-optimised"),
        "frontend": ("ethernet", "sn4600c", "cumulus", "leaf-spine"),
        "oob": ("ethernet", "sn2201", "cumulus", "tree"),
    }
    assert {name: plane.fabric for name, plane in found.spec.planes.items()} == {
        "compute": "backend",
        "storage": "frontend",
        "business": "frontend",
        "management": "oob",
    }


def test_every_filled_value_is_a_choice_with_its_reason(loaded):
    found = loaded(SMALLEST)
    said = chosen(found)
    for name, fabric in found.spec.fabrics.items():
        for key in fabric.model_fields_set:
            assert said.pop(f"fabrics.{name}.{key}") == getattr(fabric, key)
    for name, plane in found.spec.planes.items():
        assert said.pop(f"planes.{name}.fabric") == plane.fabric
        assert said.pop(f"planes.{name}.prefix") == plane.prefix
    assert said == {"machines.gpu.count": 8}
    assert all(len(choice.because) > 10 for choice in found.choices)


def test_a_whole_file_has_nothing_chosen():
    """Of Kubernetes' section only that it is there stands in the lab's."""
    assert {choice.path[0] for choice in read("lab").choices} == {"kubernetes"}


def test_what_stands_in_the_file_is_kept(loaded):
    fabrics = (
        'backend: {kind: infiniband, oversubscription: "2:1"}, net: {kind: ethernet, nos: sonic}, '
        "mgmt: {kind: ethernet, topology: tree, switch: sn4600c}"
    )
    planes = "planes: {storage: {prefix: 10.64.0.0/16}}\n"
    found = loaded(cluster("dgx-h100", 64, fabrics) + planes)
    spec = found.spec
    assert (spec.fabrics["backend"].switch, spec.fabrics["backend"].nos) == ("qm9700", "opensm")
    assert spec.fabrics["backend"].oversubscription == "2:1"
    assert (spec.fabrics["net"].nos, spec.planes["storage"].fabric) == ("sonic", "net")
    assert (spec.fabrics["mgmt"].switch, spec.planes["management"].fabric) == ("sn4600c", "mgmt")
    assert spec.planes["storage"].prefix == "10.64.0.0/16"
    assert set(spec.fabrics) == {"backend", "net", "mgmt"}


@pytest.mark.parametrize(
    ("sku", "kind", "switch", "nos"),
    [
        ("dgx-h100", "infiniband", "qm9700", "opensm"),
        ("dgx-b300", "infiniband", "q3400", "opensm"),
        ("dgx-h100", "roce", "sn5600", "cumulus"),
        ("mi300x-8gpu", "roce", "sn5600", "cumulus"),
    ],
)
def test_the_switch_follows_from_kind_and_speed(loaded, sku, kind, switch, nos):
    text = (
        f"cluster: a\nmachines: {{gpu: {{sku: {sku}, gpus: 64}}}}\nfabrics: {{backend: {{kind: {kind}}}}}\n"
    )
    backend = loaded(text).spec.fabrics["backend"]
    assert (backend.switch, backend.nos) == (switch, nos)


def test_fast_nics_that_can_be_divided_get_two_fabric_planes(loaded):
    found = loaded(cluster("dgx-b300", 64))
    backend = found.spec.fabrics["backend"]
    assert (backend.homing, backend.nic_ports) == ("parallel", 2)
    pinned = loaded(cluster("dgx-b300", 64, "backend: {kind: roce, switch: sn5600}"))
    assert pinned.spec.fabrics["backend"].homing == "single"


def test_a_rack_scale_system_gets_spines_for_each_rail_and_the_power_it_needs(loaded):
    found = loaded(cluster("gb200-nvl72", 144))
    assert found.spec.fabrics["backend"].spine_groups == "rail"
    assert found.spec.physical.rack_power_kw == 120
    assert chosen(found)["physical.rack_power_kw"] == 120


@pytest.mark.parametrize(("gpus", "count"), [(1, 1), (8, 1), (9, 2), (2048, 256), (2050, 257)])
def test_servers_are_as_many_as_carry_the_gpus(loaded, gpus, count):
    found = loaded(cluster("dgx-h100", gpus))
    assert found.spec.machines["gpu"].count == count
    extra = f"{count * 8 - gpus} more than asked"
    assert (extra in found.choices[0].because) == bool(count * 8 - gpus)


@pytest.mark.parametrize("gpus", [8, 4096, 98_304])
def test_prefixes_are_apart_and_wide_enough(loaded, gpus):
    found = loaded(
        f"cluster: a\nmachines: {{gpu: {{sku: dgx-h100, gpus: {gpus}}}}}\n"
    )  # load refuses short pools
    networks = [IPv4Network(plane.prefix) for plane in found.spec.planes.values()]
    assert all(network.subnet_of(IPv4Network("10.0.0.0/8")) for network in networks)
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def test_a_prefix_that_is_too_small_grows_from_where_it_begins(loaded):
    small, large = (loaded(cluster("dgx-h100", gpus)) for gpus in (64, 98_304))
    before, after = (IPv4Network(found.spec.planes["management"].prefix) for found in (small, large))
    assert before.subnet_of(after)
    assert before.prefixlen > after.prefixlen
    assert before.network_address == after.network_address
    words = next(choice.because for choice in large.choices if choice.path[1:] == ("management", "prefix"))
    assert words.startswith(f"{before} is too small")


def test_prefixes_stay_clear_of_those_in_the_file():
    rooms = place_prefixes(["compute", "storage", "business"], ["10.64.0.0/10", "10.16.0.0/24"])
    networks = [IPv4Network(room.region) for room in rooms.values()]
    taken = [IPv4Network("10.64.0.0/10"), IPv4Network("10.16.0.0/24")]
    assert len(rooms) == 3
    assert not any(one.overlaps(other) for one, other in combinations([*networks, *taken], 2))
    assert place_prefixes(["compute"], ["10.0.0.0/8"]) == {}


def test_choices_do_not_hang_on_the_order_of_the_file(loaded):
    one = loaded(SMALLEST + "fabrics: {oob: {}, backend: {kind: roce}, frontend: {}}\n")
    other = loaded("fabrics: {frontend: {}, backend: {kind: roce}, oob: {}}\n" + SMALLEST)
    assert chosen(one) == chosen(other)
    assert one.spec == other.spec


def test_the_plan_says_the_choices(tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text(SMALLEST)
    assert plan(str(path)).choices == read(str(path)).choices != ()
    assert load(str(path))[1] == plan(str(path)).spec


@pytest.mark.parametrize(
    ("more", "kubeconfig"),
    [
        ("kubernetes: {}\n", "state:kubeconfig"),  # role kubernetes leaves it there
        ("kubernetes: {}\naccess: {ssh_user: ops}\n", "state:kubeconfig"),
        ("kubernetes: {}\naccess: {kubeconfig: env:ADMIN}\n", "env:ADMIN"),
        ("", None),
        ("access: {kubeconfig: file:admin.conf}\n", "file:admin.conf"),
        # No role runs where the lock has no Kubernetes: nobody would leave a kubeconfig.
        ('kubernetes: {version: "1.36"}\nlock: lab-h100-debian13-driver\n', None),
    ],
)
def test_kubernetes_implies_the_kubeconfig_that_its_role_leaves(loaded, more, kubeconfig):
    control = "{sku: generic-1u, count: 1, role: control-plane}"
    machines = f"machines: {{gpu: {{sku: dgx-h100, gpus: 64}}, control: {control}}}"
    found = loaded(f"cluster: a\n{machines}\n{more}")
    assert found.spec.access.kubeconfig == kubeconfig
    assert ("access.kubeconfig" in chosen(found)) == (kubeconfig == "state:kubeconfig")
    names = [step.name for step in steps(design(found.spec, found.tables))]
    assert (names[-2:] == ["platform", "kubernetes"]) == (kubeconfig is not None)
