"""The mark is there, and says which lock the host holds."""

from __future__ import annotations

from testinfra.host import Host


def test_the_mark_names_the_lock(host: Host) -> None:
    mark = host.file("/var/lib/rackwright/in-service")
    assert mark.content_string.startswith("lab-h100-debian13")
    assert mark.mode == 0o644
