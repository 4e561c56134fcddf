"""The exporter answers."""

from __future__ import annotations

from testinfra.host import Host


def test_it_answers(host: Host) -> None:
    listens = host.check_output("ss -Hltn 'sport = :9100'").split()[3]
    url = f"http://{listens}/metrics"
    ask = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=9).read().decode())"
    assert "node_uname_info" in host.check_output("python3 -c %s", ask)
    assert host.service("prometheus-node-exporter").is_enabled
