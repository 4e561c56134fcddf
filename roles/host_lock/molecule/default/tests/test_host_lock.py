"""The machine says which lock it holds."""

from __future__ import annotations

from testinfra.host import Host


def test_the_machine_names_its_lock(host: Host) -> None:
    [path] = host.check_output("grep -rl 'lab-h100-debian13' /etc/rackwright*").splitlines()
    assert host.file(path).user == "root"
    assert not host.file(path).mode & 0o022
