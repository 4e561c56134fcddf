"""The walk finds each disagreement that is planted on a switch, and nothing else; clean text is clean."""

from __future__ import annotations

import re

import pytest

LEAF, SPINE, HOST = "backend-su01-r0", "backend-spine-01", "gpu-su01-n01"
SCRIPT = "/etc/rackwright/roce/apply.sh"
STOCK = {
    **{str(dscp): "1" for dscp in range(64)},
    "3": "3",
    "4": "4",
    "5": "2",
    "8": "0",
    "46": "5",
    "48": "6",
}
"""DSCP to traffic class as SONiC ships it (sonic-buildimage, qos_config.j2)."""


@pytest.mark.parametrize("nos", ["sonic", "eos", "cumulus"])
@pytest.mark.parametrize("everything", [True, False])
def test_clean_text_gives_nothing(sites, nos, everything):
    walked = sites(nos).walk(everything)
    assert list(walked.findings) == []
    assert walked.routes >= 2 * 3
    assert walked.ports >= 20


def sonic(change):
    return lambda site: site.tree(LEAF, change)


def every_port(db, **values):
    for name, row in db["PORT_QOS_MAP"].items():
        if name != "global":
            row.update(values)


def shift_sonic(db):
    """Priority 4 from end to end: right by itself, and at odds with every neighbour."""
    db["DSCP_TO_TC_MAP"]["ROCE"]["26"] = "4"
    db["TC_TO_PRIORITY_GROUP_MAP"]["ROCE"]["4"] = "4"
    if "PFC_PRIORITY_TO_PRIORITY_GROUP_MAP" in db:
        db["PFC_PRIORITY_TO_PRIORITY_GROUP_MAP"] = {"ROCE": {"4": "4"}}
    every_port(db, pfc_enable="4", pfcwd_sw_enable="4")
    for table in ("QUEUE", "BUFFER_PG"):
        for key in [key for key in db[table] if key.endswith("|3")]:
            db[table][key[:-1] + "4"] = db[table].pop(key)


def first_port(db):
    return next(iter(db["PORT"]))


def without(row, key):
    row.pop(key)


SONIC = {
    "the stock map": (lambda db: db["DSCP_TO_TC_MAP"].update(ROCE=STOCK), "class", "DSCP 26 is in class 1"),
    "a CNP with the data": (
        lambda db: db["DSCP_TO_TC_MAP"]["ROCE"].update({"48": "3"}),
        "cnp",
        "DSCP 48 is in queue 3, with the data",
    ),
    "a CNP that is not strict": (
        lambda db: db["SCHEDULER"]["scheduler.cnp"].update(type="DWRR", weight="15"),
        "cnp",
        "a share of 15 %",
    ),
    "PFC on another priority": (lambda db: every_port(db, pfc_enable="4"), "class", "PFC on none"),
    "another priority throughout": (shift_sonic, "pfc", "PFC on priority 4"),
    "a narrow MTU": (
        lambda db: [row.update(mtu="1500") for row in db["PORT"].values()],
        "mtu",
        "MTU 1500",
    ),
    "thresholds above the buffer": (
        lambda db: db["WRED_PROFILE"]["ROCE_LOSSLESS"].update(green_max_threshold="60000000"),
        "ecn",
        "60000000",
    ),
    "a minimum above the maximum": (
        lambda db: db["WRED_PROFILE"]["ROCE_LOSSLESS"].update(green_min_threshold="3000000"),
        "ecn",
        "from 3000000 to 1500000",
    ),
    "no ECN": (
        lambda db: [row.pop("wred_profile", 0) for row in db["QUEUE"].values()],
        "ecn",
        "no ECN on queue 3",
    ),
    "no trust": (
        lambda db: [without(row, "dscp_to_tc_map") for row in db["PORT_QOS_MAP"].values()],
        "trust",
        "no mark is trusted",
    ),
    "a watchdog off at one port": (
        lambda db: db["PFC_WD"].pop(first_port(db)),
        "watchdog",
        "no PFC watchdog",
    ),
    "too little headroom": (
        lambda db: [row.update(xoff="16384") for name, row in db["BUFFER_PROFILE"].items() if "xoff" in row],
        "headroom",
        "16384 bytes",
    ),
    "headroom for a shorter cable": (
        lambda db: db["CABLE_LENGTH"]["AZURE"].update({first_port(db): "1m"}),
        "headroom",
        "laid out for 1 m",
    ),
    "strict data": (
        lambda db: db["SCHEDULER"]["scheduler.lossless"].update(type="STRICT"),
        "ets",
        "queue 3 of RoCE data is strict",
    ),
    "a pause that stops another queue": (
        lambda db: db["MAP_PFC_PRIORITY_TO_QUEUE"]["ROCE"].update({"3": "4"}),
        "pfc",
        "a pause for priority 3 stops queue 4",
    ),
}


def nvue(change):
    return lambda site: site.tree(LEAF, change)


def at(tree, *path):
    for part in path:
        tree = tree.setdefault(part, {})
    return tree


def shift_nvue(tree):
    qos = tree["qos"]
    at(qos, "mapping", "default-global").update({"trust": "both", "dscp": {"26": {"switch-priority": 4}}})
    at(qos, "pfc", "default-global")["switch-priority"] = {"4": {}}
    at(qos, "egress-queue-mapping", "default-global", "switch-priority")["4"] = {"traffic-class": 4}
    at(qos, "egress-scheduler", "default-global", "traffic-class")["4"] = {"mode": "dwrr", "bw-percent": 50}
    at(qos, "congestion-control", "default-global", "traffic-class")["4"] = {
        "ecn": "enable",
        "min-threshold": 150000,
        "max-threshold": 1500000,
        "probability": 100,
    }


def mark(**values):
    def change(tree):
        row = {"ecn": "enable", "min-threshold": 150000, "max-threshold": 1500000, "probability": 100}
        at(tree, "qos", "congestion-control", "default-global", "traffic-class")["3"] = {
            **row,
            **{key.replace("_", "-"): value for key, value in values.items()},
        }

    return change


def mapped(dscp, priority):
    def change(tree):
        rows = at(tree, "qos", "mapping", "default-global")
        rows.setdefault("trust", "both")
        at(rows, "dscp")[str(dscp)] = {"switch-priority": priority}

    return change


def first_interface(tree):
    return next(row for name, row in tree["interface"].items() if "pfc-watchdog" in row.get("qos", {}))


NVUE = {
    "data in a lossy class": (mapped(26, 1), "class", "DSCP 26 is in class 1"),
    "a CNP with the data": (mapped(48, 3), "cnp", "DSCP 48 is in queue 3, with the data"),
    "a CNP that is not strict": (
        lambda tree: at(tree, "qos", "egress-scheduler", "default-global", "traffic-class").update(
            {"6": {"mode": "dwrr", "bw-percent": 10}}
        ),
        "cnp",
        "a share of 10 %",
    ),
    "PFC on another priority": (
        lambda tree: at(tree, "qos", "pfc", "default-global").update({"switch-priority": {"4": {}}}),
        "class",
        "PFC on 4",
    ),
    "another priority throughout": (shift_nvue, "pfc", "PFC on priority 4"),
    "a narrow MTU": (
        lambda tree: [row.setdefault("link", {}).update(mtu=1500) for row in tree["interface"].values()],
        "mtu",
        "MTU 1500",
    ),
    "thresholds above the buffer": (mark(max_threshold=60_000_000), "ecn", "60000000"),
    "a minimum above the maximum": (mark(min_threshold=3_000_000), "ecn", "from 3000000"),
    "no ECN": (mark(ecn="disable"), "ecn", "no ECN on queue 3"),
    "trust in PCP": (
        lambda tree: at(tree, "qos", "mapping", "default-global").update(trust="l2"),
        "trust",
        "trust pcp",
    ),
    "lossy mode": (lambda tree: tree["qos"].update(roce={"mode": "lossy"}, pfc={}), "class", "PFC on none"),
    "a watchdog off at one port": (
        lambda tree: first_interface(tree)["qos"].pop("pfc-watchdog"),
        "watchdog",
        "no PFC watchdog",
    ),
    "headroom for a shorter cable": (
        lambda tree: at(tree, "qos", "pfc", "default-global").update({"cable-length": 1}),
        "headroom",
        "laid out for 1 m",
    ),
}


def eos(pattern, by, count=0):
    def change(site):
        site.edit(LEAF, "/mnt/flash/startup-config", lambda text: re.sub(pattern, by, text, count=count))

    return change


def shift_eos(site):
    eos(r"qos map dscp 26 to traffic-class 3", "qos map dscp 26 to traffic-class 4")(site)
    eos(r"priority-flow-control priority 3 no-drop", "priority-flow-control priority 4 no-drop")(site)
    eos(r"uc-tx-queue 3", "uc-tx-queue 4")(site)


EOS = {
    "data in a lossy class": (
        eos("qos map dscp 26 to traffic-class 3", "qos map dscp 26 to traffic-class 1"),
        "class",
        "DSCP 26 is in class 1",
    ),
    "a CNP with the data": (
        eos("qos map dscp 48 to traffic-class 6", "qos map dscp 48 to traffic-class 3"),
        "cnp",
        "DSCP 48 is in queue 3",
    ),
    "a CNP that is not strict": (
        eos(r"(uc-tx-queue 6\n\s+)priority strict", r"\1bandwidth percent 5"),
        "cnp",
        "a share of 5 %",
    ),
    "PFC on another priority": (
        eos("priority 3 no-drop", "priority 4 no-drop"),
        "class",
        "DSCP 26 is in class 3, PFC on 4",
    ),
    "PFC off": (eos(r"\n\s+priority-flow-control on", ""), "class", "PFC on none"),
    "another priority throughout": (shift_eos, "pfc", "PFC on priority 4"),
    "a narrow MTU": (eos(r"mtu 9214", "mtu 1500"), "mtu", "MTU 1500"),
    "no MTU": (eos(r"\n\s+mtu 9214", ""), "mtu", "MTU 1500"),
    "thresholds above the buffer": (
        eos("maximum-threshold 1500000 bytes", "maximum-threshold 60 mbytes"),
        "ecn",
        "60000000",
    ),
    "a minimum above the maximum": (
        eos("minimum-threshold 150000 bytes", "minimum-threshold 3000 kbytes"),
        "ecn",
        "from 3000000",
    ),
    "no ECN": (eos(r"\n\s+random-detect ecn [^\n]+", ""), "ecn", "no ECN on queue 3"),
    "trust in CoS": (eos("qos trust dscp", "qos trust cos"), "trust", "trust pcp"),
    "no watchdog": (eos(r"\npriority-flow-control pause watchdog [^\n]+", ""), "watchdog", "no PFC watchdog"),
    "a watchdog off at one port": (
        eos(
            r"(interface Ethernet1/1\n)",
            r"\1   no priority-flow-control pause watchdog\n",
        ),
        "watchdog",
        "no PFC watchdog",
    ),
}

CASES = [
    *(("sonic", word, sonic(row[0]), *row[1:]) for word, row in SONIC.items()),
    *(("cumulus", word, nvue(row[0]), *row[1:]) for word, row in NVUE.items()),
    *(("eos", word, *row) for word, row in EOS.items()),
]


@pytest.mark.parametrize(
    ("nos", "plant", "layer", "words"),
    [pytest.param(case[0], *case[2:], id=f"{case[0]}: {case[1]}") for case in CASES],
)
def test_a_planted_fault_is_the_one_finding(sites, nos, plant, layer, words):
    site = sites(nos)
    plant(site)
    found = site.findings()
    assert {row.layer for row in found} == {layer}, [str(row) for row in found]
    assert len(found) == 1, [str(row) for row in found]
    assert found[0].where.startswith(LEAF)
    assert words in found[0].found
    assert found[0].expected


def test_one_shape_is_enough_where_all_are_rendered_alike(sites):
    """Every leaf has the fault: walking one of each shape finds it, too."""
    site = sites("sonic")
    for device in [name for name in site.texts if re.fullmatch(r"backend-su\d+-r\d", name)]:
        site.tree(device, SONIC["the stock map"][0])
    (few,) = site.walk(everything=False).findings
    (all_of_them,) = site.walk(everything=True).findings
    assert few.layer == all_of_them.layer == "class"
    assert "backend-su01-r0" in all_of_them.where
    assert "and 1 more devices" in all_of_them.where


def test_a_file_that_is_missing_or_broken_is_said(sites):
    site = sites("sonic")
    site.texts[LEAF]["/etc/sonic/config_db.json"] = "{"
    del site.texts[SPINE]["/etc/sonic/config_db.json"]
    del site.texts[HOST][SCRIPT]
    found = {row.where: row for row in site.findings() if row.layer == "syntax"}
    assert set(found) == {LEAF, SPINE, HOST}
    assert "cannot be read" in found[LEAF].found
    assert found[SPINE].found == "no /etc/sonic/config_db.json"


def test_a_class_that_does_not_exist_is_said(sites):
    site = sites("sonic")
    site.tree(LEAF, lambda db: db["DSCP_TO_TC_MAP"]["ROCE"].update({"26": "9"}))
    (found,) = site.findings()
    assert (found.where, found.layer) == (LEAF, "syntax")
    assert "outside of 0 to 7: 9" in found.found
