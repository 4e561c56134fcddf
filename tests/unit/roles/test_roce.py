"""Role roce_host: what the contract wants of a port, and what each tool's answer says of it."""

from __future__ import annotations

import doctest
import subprocess
from pathlib import Path

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import roce_items, roce_read

from rackwright.inventory.about import About
from rackwright.inventory.order import roles_of
from rackwright.inventory.roles import roce_host
from rackwright.load.cluster import load
from rackwright.locks import load_lock
from rackwright.paths import home
from rackwright.pipeline import plan
from rackwright.render.build import render
from rackwright.render.host_roce import FOLLOW

CONTRACT = {
    "dscp": 26,
    "tos": 106,
    "priority": 3,
    "cnp_dscp": 48,
    "cnp_priority": 6,
    "bandwidth_percent": 50,
}
TABLE = """\
DCBX mode: OS controlled
Priority trust state: dscp
dscp2prio mapping:
\tprio:0 dscp:07,06,05,04,03,02,01,00,
\tprio:3 dscp:31,30,29,28,27,26,25,24,
\tprio:6 dscp:55,54,53,52,51,50,49,48,
default priority:
Receive buffer size (bytes): 20016,156096,0,0,0,0,0,0,total_size=1027728
Cable len: 30
PFC configuration:
\tpriority    0   1   2   3   4   5   6   7
\tenabled     0   0   0   1   0   0   0   0   
\tbuffer      0   0   0   1   0   0   0   0   
tc: 0 ratelimit: unlimited, tsa: ets, bw: 50%
\t priority:  0
\t priority:  1
\t priority:  2
\t priority:  4
\t priority:  5
\t priority:  7
tc: 3 ratelimit: unlimited, tsa: ets, bw: 50%
\t priority:  3
tc: 6 ratelimit: unlimited, tsa: strict
\t priority:  6
"""  # noqa: W291 - as the tool prints it
DCB = {
    "app": {"dscp_prio": [[26, 3], [48, 6]]},
    "ets": {
        "prio_tc": [0, 0, 0, 3, 0, 0, 6, 0],
        "tc_tsa": ["ets", "ets", "ets", "ets", "ets", "ets", "strict", "ets"],
        "tc_bw": [50, 0, 0, 50, 0, 0, 0, 0],
    },
    "pfc": {"prio_pfc": [False, False, False, True, False, False, False, False]},
    "buffer": {"buffer_size": [20016, 190464, 0, 0, 0, 0, 0, 0]},
}


def differing(found: dict, tool: str = "mlnx_qos", argument: str = "30") -> list[str]:
    """Differences of the items that the tool's own answer has."""
    wanted = roce_items.expected(CONTRACT, {"tool": tool, "argument": argument})
    elsewhere = {roce_items.CM_MODE, roce_items.CM_TOS, roce_items.RDMA_TOS, roce_items.PAUSE}
    elsewhere |= {roce_items.CNP_DSCP, roce_items.CNP_PRIORITY}
    elsewhere |= {item for item in wanted if item.startswith(tuple(roce_items.SIDES.values()))}
    return roce_items.differences({k: v for k, v in wanted.items() if k not in elsewhere}, found)


@pytest.mark.parametrize("module", [roce_items, roce_read])
def test_doctests(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("OS controlled", "Firmware controlled", ["DCBX: found Firmware controlled, expected OS controlled"]),
        ("state: dscp", "state: pcp", ["trust: found pcp, expected dscp"]),
        ("enabled     0   0   0   1", "enabled     0   0   0   0", ["PFC: found none, expected 3"]),
        ("enabled     0   0   0   1   0", "enabled     0   0   0   1   1", ["PFC: found 3,4, expected 3"]),
        ("27,26,25", "27,25", ["priority of DSCP 26: found none, expected 3"]),
        ("Cable len: 30", "Cable len: 7", ["cable length: found 7 m, expected 30 m"]),
        (
            "tsa: strict",
            "tsa: ets, bw: 0%",
            ["scheduling: found 0 ets 50%, 3 ets 50%, 6 ets 0%, expected 0 ets 50%, 3 ets 50%, 6 strict"],
        ),
        (
            "tc: 3 ratelimit: unlimited, tsa: ets, bw: 50%\n\t priority:  3\n",
            "\t priority:  3\n",
            [
                "traffic classes: found 0,0,0,0,0,0,6,0, expected 0,0,0,3,0,0,6,0",
                "scheduling: found 0 ets 50%, 6 strict, expected 0 ets 50%, 3 ets 50%, 6 strict",
            ],
        ),
    ],
)  # fmt: skip
def test_mlnx_qos(before, after, expected) -> None:
    assert before in TABLE
    assert differing(roce_items.mlnx_qos(TABLE.replace(before, after))) == expected


def test_a_tool_that_says_nothing_is_no_agreement() -> None:
    wanted = roce_items.expected(CONTRACT, {"tool": "mlnx_qos", "argument": "30"})
    assert len(roce_items.differences(wanted, roce_items.mlnx_qos(""))) == len(wanted) >= 16


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        ("pfc", {}, []),
        ("pfc", {"prio_pfc": [False] * 8}, ["PFC: found none, expected 3"]),
        ("pfc", {"prio_pfc": ["off", "off", "off", "on", "off", "off", "off", "off"]}, []),
        ("app", {"dscp_prio": [[26, 3]]}, ["priority of DSCP 48: found none, expected 6"]),
        ("app", {"dscp_prio": [[26, 3], [26, 5], [48, 6]]}, ["priority of DSCP 26: found 3,5, expected 3"]),
        (
            "buffer",
            {"buffer_size": [1, 2, 0]},
            ["lossless buffer: found 2 bytes, expected 190464 bytes or more"],
        ),
        ("buffer", {"buffer_size": [1, 200000, 0]}, []),
    ],
)
def test_dcb(part, change, expected) -> None:
    answers = {**DCB, part: {**DCB[part], **change}}
    assert differing(roce_items.dcb(answers, 190464), "dcb", "190464") == expected


@pytest.mark.parametrize("tool", ["bnxt", "nicctl", "unknown"])
def test_what_cannot_be_read_back_is_said(tool) -> None:
    assert tool in roce_items.UNREAD
    wanted = roce_items.expected(CONTRACT, {"tool": tool, "argument": ""})
    assert roce_items.SHARES not in wanted


@pytest.fixture(scope="module")
def abouts():
    def give(cluster: str) -> About:
        _, spec, tables = load(cluster)
        design = plan(cluster).design
        return About(design.servers[0], design, tables, load_lock(spec.lock), render(design))

    return give


def test_variables_come_from_the_plane_and_the_rendering(abouts) -> None:
    found = roce_host.variables(abouts("lab"))
    assert found["roce_host_contract"] == CONTRACT
    assert {port["tool"] for port in found["roce_host_ports"]} == {"mlnx_qos"}
    assert all(port["name"] in text for port in found["roce_host_ports"] for text in
               [found["roce_host_files"]["/etc/rackwright/roce/apply.sh"]])  # fmt: skip


def test_infiniband_has_none(abouts) -> None:
    infiniband = [
        path.name
        for path in (home() / "inventories").iterdir()
        if "kind: infiniband" in (path / "cluster.yaml").read_text()
    ]
    assert infiniband
    about = abouts(infiniband[0])
    assert "roce_host" not in roles_of(about)
    with pytest.raises(ValueError, match="no RoCE compute plane"):
        roce_host.variables(about)


FAKE_IP = """#!/bin/sh
printf '%s\\n' '2: eth0: <BROADCAST> mtu 9000 state DOWN' '2: eth0: <UP> mtu 9000 state UP' \
    '2: eth0: <UP> mtu 9000 state UP'
{tail}
"""


@pytest.fixture
def follow(tmp_path, abouts):
    """Runs the script with an ``ip`` that tells of a link that goes and comes, and a clock of its own."""
    text = abouts("lab").rendered[FOLLOW]
    (tmp_path / "bin").mkdir()
    net = tmp_path / "sys/class/net/eth0"
    net.mkdir(parents=True)

    def run(tail="", step=100, state="up"):
        (net / "operstate").write_text(f"{state}\n")
        (tmp_path / "bin/ip").write_text(FAKE_IP.format(tail=tail))
        (tmp_path / "clock").write_text("0\n")
        (tmp_path / "bin/date").write_text(
            f'#!/bin/sh\nn=$(cat {tmp_path}/clock); echo "$n"; echo $((n + {step})) >{tmp_path}/clock\n'
        )
        (tmp_path / "apply.sh").write_text(f'echo "told $1" >>{tmp_path}/log\n')
        for tool in ("ip", "date"):
            (tmp_path / "bin" / tool).chmod(0o755)
        (tmp_path / "log").write_text("")
        script = tmp_path / "follow"
        script.write_text(
            text.replace("/sys/", f"{tmp_path}/sys/").replace("/etc/rackwright/roce/", f"{tmp_path}/")
        )
        done = subprocess.run(
            ["sh", script, "eth0"],
            env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"},
            timeout=20,
            capture_output=True,
            text=True,
        )
        return done, (tmp_path / "log").read_text().splitlines()

    return run


def test_a_link_that_comes_up_is_told_again_once(follow) -> None:
    done, told = follow()
    assert told == ["told eth0"]
    assert done.returncode == 1, "its unit starts it again"


def test_what_the_telling_does_to_the_link_is_no_news(follow) -> None:
    assert follow(step=1)[1] == []


def test_a_port_that_goes_away_ends_it_at_once(follow) -> None:
    done, told = follow(tail="echo 'Deleted 2: eth0: <BROADCAST>'; sleep 1; echo '2: eth0: state DOWN'")
    assert done.returncode == -15
    assert told == ["told eth0"]


def test_a_link_that_was_down_is_told_when_it_first_comes(follow) -> None:
    assert follow(state="down")[1] == ["told eth0"]


def test_the_role_and_the_renderer_name_the_same_unit() -> None:
    text = (Path(home()) / "roles/roce_host/vars/main.yml").read_text()
    assert "rackwright-roce@" in text
