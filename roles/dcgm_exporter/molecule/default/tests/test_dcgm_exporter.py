"""Every GPU's counters can be read."""

from __future__ import annotations

from testinfra.host import Host


def test_every_gpu_is_exported(host: Host) -> None:
    listens = host.check_output("ss -Hltn 'sport = :9400'").split()[3]
    url = f"http://{listens}/metrics"
    ask = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=9).read().decode())"
    lines = host.check_output("python3 -c %s", ask).splitlines()
    gpus = {line.partition('gpu="')[2].partition('"')[0] for line in lines if line.startswith("DCGM_FI_")}
    assert gpus == {str(n) for n in range(8)}
