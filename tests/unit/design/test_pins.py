"""Whatever a site pins: the design keeps it, or a shortage names the key. Never a traceback."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st
from tests.unit.design.clusters import bent, tables
from tests.unit.design.test_properties import made, quick

from rackwright.design.pools import shortages
from rackwright.models.spec import ClusterSpec

HOMING = st.sampled_from(
    [("single", 1)] * 4 + [("single", 2), ("dual-tor", 1), ("dual-tor", 2), ("parallel", 2), ("parallel", 4)]
)
SELDOM = st.sampled_from([None] * 12 + [1, 2, 3, 4, 8, 16, 30, 40])
PINS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["roce", "infiniband"]),
        "topology": st.sampled_from(["rail-optimised", "leaf-spine"]),
        "oversubscription": st.sampled_from(["1:1", "1:1", "3:1", "1:2", "99:1"]),
        "core_oversubscription": st.sampled_from(["1:1", "1:1", "7:1", "1:3", "99:1"]),
        "spines": SELDOM,
        "spine_links": SELDOM,
        "reserved_ports": st.sampled_from([0, 0, 0, 1, 9, 40]),
        "tiers": st.sampled_from([None, 2, 3]),
        "split": st.sampled_from([None, None, None, 1, 2, 4]),
        "uplink_split": st.sampled_from([None, None, None, 1, 2, 4]),
        "spine_groups": st.sampled_from(["shared", "rail"]),
        "pod_units": SELDOM,
        "cores": SELDOM,
        "core_links": SELDOM,
        "underlay": st.sampled_from(["unnumbered", "numbered"]),
    }
)


@quick
@given(
    PINS,
    HOMING,
    st.sampled_from(["sn5600", "sn5600", "sn4600c", "sn2201"]),
    st.sampled_from(["divided", "divided", "gb200-nvl72"]),
    st.integers(1, 80),
    st.sampled_from([1, 18, 32, 90, 144]),
)
def test_pins_are_kept_or_refused_by_name(pins, homing, switch, sku, count, unit):
    fabric = {key: value for key, value in pins.items() if value is not None} | {
        "switch": switch,
        "nos": "frr",
    }
    if fabric["kind"] == "infiniband":
        fabric |= {"switch": "qm9700", "nos": "opensm"}
    data = bent(
        machines__gpu={"sku": sku, "count": count, "unit_size": unit},
        fabrics__backend=fabric,
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__frontend__spines=None,
        physical={"rack_power_kw": 300},
    )
    lacks = shortages(ClusterSpec.model_validate(data), tables())
    if lacks:
        event("refused")
        assert {lack.path[0] for lack in lacks} <= {"fabrics", "planes", "machines"}
        assert all(lack.found and lack.expected for lack in lacks)
        return
    event(f"made, {fabric['topology']}")
    plan = next(row for row in made(data).fabrics if row.name == "backend")
    switches, links = dict(plan.tiers), dict(plan.links)
    lanes = plan.parallel
    if "cores" in fabric and "core" in switches:
        assert switches["core"] == fabric["cores"] * lanes
    if "tiers" in fabric:
        assert len(switches) == fabric["tiers"]
    if "spines" in fabric and "spine_links" in fabric:
        assert links["leaf-spine"] == switches["leaf"] * fabric["spines"] * fabric["spine_links"]
