"""Cables and ports: what is plugged where, and how each port is set."""


def test_neighbours_equal_the_cable_plan(judge):
    judge("neighbours")


def test_ports_have_their_mtu_mac_and_address(judge):
    judge("ports")
