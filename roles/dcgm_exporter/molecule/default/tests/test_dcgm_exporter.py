"""Every GPU's counters can be read."""

from __future__ import annotations

from testinfra.host import Host


def test_every_gpu_is_exported(host: Host) -> None:
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9400/metrics', timeout=10).read().decode())"
    lines = host.check_output("python3 -c %s", fetch).splitlines()
    gpus = {line.partition('gpu="')[2].partition('"')[0] for line in lines if line.startswith("DCGM_FI_")}
    assert gpus == {str(n) for n in range(8)}
