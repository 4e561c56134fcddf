"""Readers of vendor text: forms that our own renderers do not write, as people have them."""

from __future__ import annotations

import json

from rackwright.qos.walk import eos, nvue, sonic
from rackwright.qos.walk.host import host, nccl
from rackwright.qos.walk.picture import STRICT, Ecn

EOS = """\
qos map dscp 24 26 to traffic-class 3
qos map dscp 48 to traffic-class 6
qos map traffic-class 3 to tx-queue 3
!
qos profile LEAF
   priority-flow-control on
   priority-flow-control priority 3 no-drop
   !
   tx-queue 3
      no priority
      bandwidth percent 95
      random-detect ecn minimum-threshold 256 kbytes maximum-threshold 512 kbytes max-mark-probability 100
   !
   tx-queue 6
      priority strict
!
interface Ethernet1
   no switchport
   mtu 9214
   service-profile LEAF
!
interface Ethernet2
   qos trust dscp
!
priority-flow-control pause watchdog default timeout 0.20
"""


def test_eos_as_its_guide_writes_it():
    ports = eos.switch({eos.PATH: EOS}).ports
    port = ports["Ethernet1"]
    assert (port.trust, port.mtu, port.watchdog) == ("dscp", 9214, True)
    assert [port.classes[dscp] for dscp in (0, 8, 24, 26, 40, 48)] == [1, 0, 3, 3, 5, 6]
    assert port.pauses[3] == port.stops[3] == 3
    assert port.ecn[3] == Ecn(256_000, 512_000, 100)
    assert (port.shares[3], port.shares[6]) == (95, STRICT)
    assert ports["Ethernet2"].pauses == (None,) * 8
    assert ports["Ethernet2"].mtu == 1500


def test_cumulus_without_remaps_is_what_its_page_says():
    text = """\
- header: {model: x}
- set:
    interface:
      swp1-2: {link: {mtu: 9216}, qos: {pfc-watchdog: {state: enable}}}
      eth0: {}
    qos:
      roce: {enable: on, mode: lossless, cable-length: 30}
"""
    ports = nvue.switch({nvue.PATH: text}).ports
    port = ports["swp2"]
    assert (port.trust, port.cable_m, port.watchdog) == ("dscp", 30, True)
    assert ports["eth0"].watchdog is False
    assert [port.classes[dscp] for dscp in (0, 24, 26, 31, 48)] == [0, 3, 3, 3, 6]
    assert port.queues == (0, 0, 0, 3, 0, 0, 6, 0)
    assert port.pauses == (None, None, None, 3, None, None, None, None)
    assert port.ecn[3] == port.ecn[0] == Ecn(150_000, 1_500_000, 100)
    assert (port.shares[0], port.shares[3], port.shares[6]) == (50, 50, STRICT)


def test_cumulus_without_roce_pauses_nothing():
    port = nvue.switch({nvue.PATH: "- set: {interface: {swp1: {}}}"}).ports["swp1"]
    assert port.pauses == (None,) * 8
    assert port.ecn == (None,) * 8
    assert port.trust == "pcp"


def test_sonic_with_old_references_and_ranges():
    db = {
        "PORT": {"Ethernet0": {"speed": "400000"}},
        "DSCP_TO_TC_MAP": {"AZURE": {"26": "3", "48": "6"}},
        "PORT_QOS_MAP": {
            "Ethernet0": {
                "dscp_to_tc_map": "[DSCP_TO_TC_MAP|AZURE]",
                "pfc_enable": "3,4",
                "pfcwd_sw_enable": "3",
            }
        },
        "QUEUE": {
            "Ethernet0,Ethernet4|3-4": {"wred_profile": "[WRED_PROFILE|W]", "scheduler": "[SCHEDULER|S]"}
        },
        "WRED_PROFILE": {
            "W": {
                "ecn": "ecn_all",
                "green_min_threshold": "1",
                "green_max_threshold": "2",
                "green_drop_probability": "5",
            }
        },
        "SCHEDULER": {"S": {"type": "DWRR", "weight": "15"}},
        "PFC_WD": {"Ethernet0": {}},
        "BUFFER_PG": {"Ethernet0|3-4": {"profile": "[BUFFER_PROFILE|p]"}},
        "BUFFER_PROFILE": {"p": {"xoff": "1000", "size": "2000"}},
        "CABLE_LENGTH": {"AZURE": {"Ethernet0": "40m"}},
    }
    port = sonic.switch({sonic.PATH: json.dumps(db)}).ports["Ethernet0"]
    assert port.classes[26] == 3
    assert port.pauses == (None, None, None, 3, 4, None, None, None)
    assert port.ecn[4] == Ecn(1, 2, 5)
    assert port.shares[3] == 15
    assert (port.headroom, port.cable_m, port.mtu) == (1000, 40, 9100)
    assert port.watchdog is False, "the watchdog does not look at priority 4"


FLAT = """\
#!/bin/bash
mlnx_qos -i eth1 --trust dscp --pfc 0,0,0,1,0,0,0,0 --dscp2prio='set,48,6' --cable_len=30
echo 106 > /sys/class/infiniband/mlx5_1/tc/1/traffic_class
cma_roce_tos -d mlx5_1 -t 106
for d in np rp; do
  echo 1 > /sys/class/net/eth1/ecn/roce_$d/enable/3
done
echo 48 > /sys/class/net/eth1/ecn/roce_np/cnp_dscp
"""


def test_a_flat_script_of_a_person():
    nics = host({"/opt/qos.sh": FLAT}, {"eth1": "mlx5_1", "eth2": "mlx5_2"}).nics
    nic = nics["eth1"]
    assert (nic.port.trust, nic.port.cable_m, nic.tos, nic.cm_tos, nic.cnp_dscp) == ("dscp", 30, 106, 106, 48)
    assert nic.port.pauses[3] == 3
    assert nic.ecn == frozenset({3})
    assert nics["eth2"].port.pauses == (None,) * 8
    assert nics["eth2"].port.trust == "pcp"


def test_nccl_as_its_parser_reads_it():
    assert nccl("A==b\n#C=d\nE\nA=x\n F=g") == {"A": "=b", " F": "g"}
