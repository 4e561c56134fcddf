"""What a fingerprint sees: each planted difference, and nothing where there is none."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.molecule.files import delta
from tests.molecule.fingerprint import PODS, difference


@pytest.fixture
def box(tmp_path: Path) -> Any:
    """A machine on two layers: an image, and what was kept on top of it."""
    layers = [tmp_path / name for name in ("upper", "kept", "image")]
    for layer in layers:
        (layer / "etc").mkdir(parents=True)
    (layers[2] / "etc/a.conf").write_text("from the image\n")
    (layers[1] / "etc/b.conf").write_text("kept\n")
    return SimpleNamespace(lower=layers[1:], machine=SimpleNamespace(upper=layers[0]))


KEPT = ["/etc/b.conf"]


def test_an_empty_disk_differs_in_what_was_kept(box: Any) -> None:
    assert list(delta(box)) == KEPT


def test_layers_make_no_difference(box: Any) -> None:
    """What is in two layers, or in one."""
    (box.machine.upper / "etc/c.conf").write_text("new\n")
    two = delta(box)
    (box.machine.upper / "etc/b.conf").write_text("kept\n")
    (box.lower[0] / "etc/b.conf").unlink()
    assert delta(box) == two


def test_a_file_written_again_with_the_same_content_is_no_difference(box: Any) -> None:
    (box.machine.upper / "etc/a.conf").write_text("from the image\n")
    (box.machine.upper / "etc/b.conf").write_text("kept\n")
    assert list(delta(box)) == KEPT


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: path.write_text("other\n"),
        lambda path: (path.write_text("kept\n"), path.chmod(0o600)),
        lambda path: path.symlink_to("a.conf"),
        lambda path: path.mkdir(),
    ],
    ids=["content", "mode", "link", "folder"],
)
def test_another_content_mode_or_kind_is_one(box: Any, plant: Any) -> None:
    before = delta(box)
    plant(box.machine.upper / "etc/b.conf")
    after = delta(box)
    assert list(after) == KEPT
    assert after != before


def test_a_new_file_is_one_and_a_log_is_none(box: Any) -> None:
    (box.machine.upper / "etc/new.conf").write_text("x")
    (box.machine.upper / "var/log").mkdir(parents=True)
    (box.machine.upper / "var/log/syslog").write_text("x")
    assert [path for path in delta(box) if not path.startswith("/var")] == [*KEPT, "/etc/new.conf"]
    assert "/var/log/syslog" not in delta(box)


@pytest.mark.skipif(os.geteuid() != 0, reason="an overlay's marks need root")
def test_a_removed_file_is_one(box: Any) -> None:
    os.mknod(box.machine.upper / "etc/a.conf", 0o20000, os.makedev(0, 0))
    os.mknod(box.machine.upper / "etc/never.conf", 0o20000, os.makedev(0, 0))
    assert delta(box)["/etc/a.conf"] == "absent"
    assert list(delta(box)) == ["/etc/a.conf", *KEPT]


@pytest.mark.skipif(os.geteuid() != 0, reason="an overlay's marks need root")
def test_a_folder_that_was_made_anew_hides_what_it_held(box: Any) -> None:
    try:
        os.setxattr(box.machine.upper / "etc", "trusted.overlay.opaque", b"y")
    except OSError as problem:
        pytest.skip(f"no trusted attributes here: {problem}")
    assert delta(box) == {"/etc/a.conf": "absent"}, "what was kept is hidden, too"


def test_differences_but_for_those_that_may_stay() -> None:
    before, after = ["a 1", "b 1", "c 1"], ["a 1", "b 2", "log 1"]
    assert difference(before, before) == []
    assert difference(before, after) == ["- b 1", "- c 1", "+ b 2", "+ log 1"]
    assert difference(before, after, ["^b ", "^log "]) == ["- c 1"]


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        ("mtu veth0a1b2c3d: 1500", True),
        ("net.ipv4.conf.veth0a1b2c3d.forwarding = 1", True),
        ("address cni0 10.128.3.1/24", True),
        ("runs run-containerd-io.containerd.runtime.v2.task-k8s.io-ab-rootfs.mount loaded active", True),
        ("net.ipv4.ip_forward = 1", False),
        ("runs kubelet.service loaded active", False),
        ("unit cni0.service enabled", False),
        ("file /etc/cni0.conf -rw-r--r-- 0:0 x", False),
        ("mtu eth0: 1500", False),
    ],
)
def test_pods_that_come_and_go_leave_no_line(line: str, leaves: bool) -> None:
    assert bool(PODS.search(line)) == leaves
