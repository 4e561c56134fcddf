"""Checks of NICs where the lab's design does not lead: kernel drivers, other makers, lost devices."""

from __future__ import annotations

from dataclasses import replace

import nic_world
import pytest
from world import World

from rackwright.models.qos import RoceContract
from rackwright.render.host_roce import PortCall, _script
from rackwright.verify import host_questions
from rackwright.verify.checks import rdma, roce
from rackwright.verify.facts import Answer, Facts, NotMeasured

NAME = "gpu-su01-n01"
PFC = '{"pfc_cap": 8, "prio_pfc": [false, false, false, true, false, false, false, false]}'
ETS = (
    '{"tc_bw": [50, 0, 0, 50, 0, 0, 0, 0],'
    ' "tc_tsa": ["ets", "ets", "ets", "ets", "ets", "ets", "strict", "ets"],'
    ' "prio_tc": [0, 0, 0, 3, 0, 0, 6, 0]}'
)
APP = '{"dscp_prio": [["AF31", 3], ["CS6", 6]]}'
BUFFER = '{"buffer_size": [156096, 171520, 0, 0, 0, 0, 0, 0]}'


@pytest.fixture(scope="module")
def world():
    return World()


def facts(**answers: str) -> Facts:
    return Facts(lambda name: Answer(0, answers[name]))


def kernel_drivers(world, tool="dcb", argument="171520"):
    """The server with one port on a tool that is not the lab's."""
    want = world.expected[NAME]
    contract: RoceContract = world.design.plane("compute").roce
    script = _script(contract, (PortCall(tool, "enp24s0np0", "mlx5_0", argument),))
    return replace(want, files={**want.files, host_questions.SCRIPT: script})


def said(**changes: str) -> str:
    answers = {"pause": "not supported", "pfc": PFC, "ets": ETS, "app": APP, "buffer": BUFFER}
    answers |= {"cm_tos": "106", "cm_mode": "RoCE v2", "cnp_dscp": "48", "cnp_priority": "6", **changes}
    return "".join(f"== enp24s0np0 {what}\n{answer}\n" for what, answer in answers.items())


def wrong(verdicts):
    return {(v.check, v.outcome, v.found, v.expected) for v in verdicts if v.outcome != "pass"}


def test_kernel_drivers_as_set(world):
    want = kernel_drivers(world)
    verdicts = list(roce.roce(facts(roce=said()), want))
    assert wrong(verdicts) == set()
    assert "RoCE headroom" in {v.check for v in verdicts}


def test_kernel_drivers_that_drifted(world):
    off = PFC.replace("true", "false")
    app = APP.replace('"AF31", 3', '"AF31", 1')
    verdicts = roce.roce(
        facts(roce=said(pfc=off, app=app, cm_tos="cat: No such file")), kernel_drivers(world)
    )
    assert wrong(verdicts) == {
        ("RoCE PFC", "fail", "none", "3"),
        ("RoCE DSCP map", "fail", "26:1", "26:3"),
        ("RoCE CM mark", "not measured", "cannot be read", "106"),
    }


def test_the_kernel_drivers_are_asked_by_dcb(world):
    command = host_questions.roce(kernel_drivers(world).files[host_questions.SCRIPT])
    assert "dcb -N -j pfc show dev enp24s0np0" in command
    assert "mlnx_qos -i" not in command


def test_a_tool_without_a_reader_is_not_measured(world):
    want = kernel_drivers(world, "bnxt", "")
    found = wrong(roce.roce(facts(), want))
    assert found == {("RoCE settings", "not measured", "no reader for what bnxt sets", "the contract's")}


def test_firmware_is_alike_where_no_row_names_it(world):
    want = world.expected[NAME]
    text = nic_world.rdma_ports(want, "28.47.2682")
    other = text.replace("mlx5_0/fw_ver:28.47.2682", "mlx5_0/fw_ver:28.43.1014")
    assert wrong(rdma.rdma(facts(rdma_ports=text), want, {})) == set()
    found = wrong(rdma.rdma(facts(rdma_ports=other), want, {}))
    assert {(check, outcome) for check, outcome, *_ in found} == {("NIC firmware alike", "fail")}
    lost = text.replace("mlx5_0/fw_ver:28.47.2682\n", "")
    with pytest.raises(NotMeasured, match="not every device"):
        list(rdma.rdma(facts(rdma_ports=lost), want, {}))


def test_a_device_that_is_gone(world):
    want = world.expected[NAME]
    text = nic_world.rdma_ports(want, "1")
    text = "\n".join(line for line in text.splitlines() if "mlx5_0/" not in line)
    found = wrong(rdma.rdma(facts(rdma_ports=text), want, world.lock))
    assert found == {("RDMA state", "fail", "no such device", "mlx5_0 ACTIVE")}


def test_a_counter_that_is_not_there_is_not_measured(world):
    want = world.expected[NAME]
    text = nic_world.rdma_ports(want, "1").replace("mlx5_0/ports/1/counters/link_downed:0\n", "")
    found = wrong(rdma.rdma(facts(rdma_ports=text), want, world.lock))
    assert {(check, outcome) for check, outcome, *_ in found} == {
        ("counter link_downed", "not measured"),
        ("counters steady", "not measured"),
    }
