"""The file system's daemon runs, and is started at boot."""

from __future__ import annotations

from testinfra.host import Host


def test_the_daemon_answers(host: Host) -> None:
    assert host.service("glusterd").is_running
    assert host.service("glusterd").is_enabled
    assert host.run("gluster --mode=script volume list").rc == 0
