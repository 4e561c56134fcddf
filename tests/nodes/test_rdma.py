"""Below the software: what the machine booted with, RDMA ports, RoCE as the plane's contract has it."""


def test_booted_as_the_catalog_says(judge):
    judge("boot")


def test_rdma_ports_are_as_designed(judge):
    judge("rdma")


def test_roce_is_the_contract(judge):
    judge("roce")
