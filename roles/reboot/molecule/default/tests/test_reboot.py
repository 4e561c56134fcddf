"""A machine that has no reason to reboot has no mark of one."""

from __future__ import annotations

from testinfra.host import Host


def test_nothing_was_begun(host: Host) -> None:
    assert host.run("ls /etc/rackwright/reboot* /var/lib/rackwright/reboot*").stdout == ""
