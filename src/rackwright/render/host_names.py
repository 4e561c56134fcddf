"""Names that we give to a server's ports: by PCI path, so that they hold whatever the kernel finds first.

A NIC whose speed is divided into ports, or bound to several fabric planes, has no name that says which port
is which; ``eth_p<port>_r<rail>`` does, and its RDMA device is ``roce_p<port>_r<rail>``.
"""

from __future__ import annotations

from rackwright.models.design import Nic, Server

RDMA_RULES = "/etc/udev/rules.d/60-rdma-persistent-naming.rules"
"""Replaces the file of the same name that rdma-core installs (kernel-boot/rdma-persistent-naming.rules)."""
_OURS = ("eth_p", "ib_p", "roce_p")


def named(server: Server) -> list[Nic]:
    """Ports with a name of ours, as far as their PCI function is known."""
    return [nic for nic in server.nics if nic.pci and nic.name.startswith(_OURS)]


def name_files(server: Server) -> dict[str, str]:
    """A .link file for each port, and one file of rules for the RDMA devices."""
    ports = named(server)
    files = {
        f"/etc/systemd/network/10-{nic.name}.link": f"# Written by rackwright.\n"
        f"[Match]\nPath=pci-{nic.pci}\n\n[Link]\nName={nic.name}\n"
        for nic in ports
    }
    rules = [
        f'ACTION=="add", SUBSYSTEM=="infiniband", KERNELS=="{nic.pci}", '
        f'PROGRAM="rdma_rename %k NAME_FIXED {nic.rdma}"\n'
        for nic in ports
        if nic.rdma and nic.rdma.startswith(_OURS)
    ]
    if rules:
        files[RDMA_RULES] = "# Written by rackwright.\n" + "".join(rules)
    return files
