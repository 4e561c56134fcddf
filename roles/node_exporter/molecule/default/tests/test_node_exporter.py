"""The exporter answers."""

from __future__ import annotations

from testinfra.host import Host


def test_it_answers(host: Host) -> None:
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9100/metrics', timeout=10).read().decode())"
    assert "node_uname_info" in host.check_output("python3 -c %s", fetch)
    assert host.service("prometheus-node-exporter").is_enabled
