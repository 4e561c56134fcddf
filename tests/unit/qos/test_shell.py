"""The reader of scripts: what would run, without running it."""

from __future__ import annotations

import pytest

from rackwright.qos.walk.shell import commands


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mlnx_qos -i eth0 --pfc 0,1 # why", [["mlnx_qos", "-i", "eth0", "--pfc", "0,1"]]),
        ("echo 106 > /sys/a", [["write", "/sys/a", "106"]]),
        ("printf '%s\\n' 1 >/sys/a", [["write", "/sys/a", "1"]]),
        ('f() {\n  g "$1"\n}\ng() {\n  h $1\n}\nf a\nf b', [["h", "a"], ["h", "b"]]),
        ("for d in a b; do\n  x $d\ndone", [["x", "a"], ["x", "b"]]),
        ("for d in a b\ndo\n  x ${d}\ndone", [["x", "a"], ["x", "b"]]),
        ("if [ 0 -gt 0 ]; then\n  x\nfi\ny", [["y"]]),
        ("if [ 1 -gt 0 ]; then\n  x\nfi", [["x"]]),
        ("if grep -q a b; then\n  x\nfi", [["x"]]),
        ("P=26\nx $P $Q", [["x", "26", "$Q"]]),
        ("x a \\\n  b", [["x", "a", "b"]]),
        ("f() {\n  f\n}\nf", [["f"]]),
        ("x 'unclosed", []),
        ('[ -z "$a" ] || exit 1\nset -eu', []),
        ("", []),
    ],
)
def test_commands(text, words):
    assert commands(text) == words


def test_a_device_inside_a_substitution_is_not_lost():
    (words,) = commands('pci=$(basename "$(readlink -f /sys/class/infiniband/mlx5_0/device)")\nx "/a/$pci/b"')
    assert "mlx5_0" in words[1].split("/")
