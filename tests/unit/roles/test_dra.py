"""A node's plugins: older than what they read, not ready, of an old revision, with too few devices."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused
from ansible_collections.rackwright.node.plugins.modules import dra_host, dra_node
from tests.unit.roles.fake_kubectl import Kubectl

NODE, DRIVER = "gpu-01", "gpu.nvidia.com"
LABEL = {"nvidia.com/gpu.present": "true"}
RELEASES = [{"name": "nvidia", "namespace": "dra", "labels": LABEL, "drivers": {DRIVER: 2}}]


def pod(
    started: str = "2026-11-26T12:00:10Z", ready: str = "True", revision: str = "r2", **status: Any
) -> dict[str, Any]:
    owner = [{"kind": "DaemonSet", "name": "plugin"}]
    return {
        "kind": "Pod",
        "metadata": {
            "name": "plugin-x",
            "namespace": "dra",
            "ownerReferences": owner,
            "labels": {"controller-revision-hash": revision},
        },
        "spec": {"nodeName": NODE},
        "status": {
            "conditions": [
                {"type": "Ready", "status": ready, "message": "containers with unready status: [gpus]"}
            ],
            "containerStatuses": [{"name": "gpus", "state": {"running": {"startedAt": started}}}],
            **status,
        },
    }


def revision(number: int) -> dict[str, Any]:
    meta = {
        "name": f"r{number}",
        "namespace": "dra",
        "ownerReferences": [{"kind": "DaemonSet", "name": "plugin"}],
    }
    return {
        "kind": "ControllerRevision",
        "metadata": {**meta, "labels": {"controller-revision-hash": f"r{number}"}},
        "spec": {},
        "revision": number,
    }


def sliced(
    devices: int = 2, generation: int = 1, of: int = 1, name: str = "s", driver: str = DRIVER
) -> dict[str, Any]:
    pool = {"name": NODE, "generation": generation, "resourceSliceCount": of}
    spec = {
        "driver": driver,
        "nodeName": NODE,
        "pool": pool,
        "devices": [{"name": f"gpu-{n}"} for n in range(devices)],
    }
    return {"kind": "ResourceSlice", "metadata": {"name": name}, "spec": spec}


def cluster(*objects: dict[str, Any]) -> Kubectl:
    made = Kubectl()
    made.put(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "uid": "u", "labels": {}}, "spec": {}}
    )
    for each in objects:
        made.put(each)
    return made


def asked(**more: Any) -> dict[str, Any]:
    return {"name": NODE, "releases": RELEASES, "since": 0.0, "wait": 0, **more}


def keep(made: Kubectl, **more: Any) -> list[str]:
    return dra_node.keep(made, asked(**more))  # type: ignore[arg-type]


def test_a_node_with_ready_plugins_is_labelled_once() -> None:
    made = cluster(pod(), revision(1), revision(2), sliced())
    assert keep(made) == ["label nvidia.com/gpu.present=true"]
    assert made.holds["Node", "", NODE]["metadata"]["labels"] == LABEL
    before = made.writes
    assert keep(made) == []
    assert made.writes == before


SINCE = dra_node.began(pod("2026-11-26T12:00:10Z")) or 0.0


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([sliced()], "no plugin runs here yet"),
        ([pod(ready="False"), sliced()], "containers with unready status"),
        ([pod(revision="r1"), revision(1), revision(2), sliced()], "found revision r1, expected r2"),
        ([pod()], "no ResourceSlice"),
        ([pod(), sliced(devices=0)], "found 0 devices, expected 2"),
        ([pod(), sliced(devices=1)], "found 1 devices, expected 2"),
        ([pod(), sliced(generation=2, of=2), sliced(generation=1, name="t")], "found 1 of 2 ResourceSlices"),
        ([pod(), sliced(driver="dra.net")], "gpu.nvidia.com: no ResourceSlice"),
    ],
)
def test_what_is_lacking_is_said(found: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(Refused, match=words):
        keep(cluster(*found))


def test_a_plugin_that_ends_again_and_again_is_said_in_its_own_words() -> None:
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    status = [
        {"name": "gpus", "state": state, "lastState": {"terminated": {"exitCode": 9, "message": "no NVML"}}}
    ]
    with pytest.raises(Refused, match="gpus: CrashLoopBackOff, back-off, no NVML, ended with 9"):
        keep(cluster(pod(ready="False", containerStatuses=status), sliced()))


@pytest.mark.parametrize(("since", "restarted"), [(SINCE - 0.1, False), (SINCE + 0.5, True), (SINCE, True)])
def test_a_plugin_older_than_what_it_read_is_restarted(since: float, restarted: bool) -> None:
    made = cluster(pod(), sliced())
    if restarted:  # and nothing makes the pod again here
        with pytest.raises(Refused, match="no plugin runs here yet"):
            keep(made, since=since)
    else:
        assert not any("restart" in line for line in keep(made, since=since))
    assert (("Pod", "dra", "plugin-x") in made.holds) is not restarted


def test_check_mode_says_it_and_does_nothing() -> None:
    made = cluster(pod(), sliced())
    made.check_mode = True
    assert [line.split()[0] for line in keep(made, since=SINCE + 1)] == ["label", "restart"]
    assert made.writes == 0


def test_an_api_server_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = cluster(pod(), sliced())
    made.refuses["get resourceslices"] = "Error: i/o timeout"
    monkeypatch.setattr(dra_node.time, "sleep", lambda seconds: made.refuses.clear())
    assert keep(made, wait=60) == ["label nvidia.com/gpu.present=true"]


def test_a_label_that_somebody_else_sets_is_not_taken_over() -> None:
    made = cluster(pod(), sliced())
    made.refuses["apply"] = 'Apply failed with 1 conflict: conflict with "nfd-master"'
    with pytest.raises(Refused, match="nfd-master"):
        keep(made)


def leave(made: Kubectl) -> list[str]:
    return dra_node.leave(made, asked(state="absent"))  # type: ignore[arg-type]


def test_a_node_leaves_and_its_labels_with_it() -> None:
    made = cluster(pod(), sliced())
    keep(made)
    del made.holds["Pod", "dra", "plugin-x"]
    assert leave(made) == ["unlabel nvidia.com/gpu.present"]
    assert leave(cluster()) == []


def test_a_node_in_use_stays() -> None:
    results = [{"driver": DRIVER, "pool": NODE, "device": "gpu-0"}]
    status = {"allocation": {"devices": {"results": results}}, "reservedFor": [{"name": "p"}]}
    claim = {
        "kind": "ResourceClaim",
        "metadata": {"name": "c", "namespace": "jobs"},
        "spec": {},
        "status": status,
    }
    with pytest.raises(Refused, match="claims in use: jobs/c"):
        leave(cluster(claim))
    results[0]["pool"] = "gpu-02"
    assert leave(cluster(claim)) == []


# -- the server ---------------------------------------------------------------------------------------


def test_a_driver_that_is_too_old_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dra_host.driver, "loaded", lambda: "570.124.06")
    assert dra_host.of_driver("565") == []
    assert dra_host.of_driver("570.158.01") == ["driver: found 570.124.06, expected 570.158.01 or newer"]
    monkeypatch.setattr(dra_host.driver, "loaded", lambda: None)
    assert dra_host.of_driver("565") == ["driver: found none loaded, expected 565 or newer"]
    assert dra_host.of_driver("") == []


class Says:
    """systemctl's answer."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run_command(self, command: list[str]) -> tuple[int, str, str]:
        return 0, self.text, ""


@pytest.mark.parametrize(
    ("found", "expected", "right"),
    [
        ("masked", "masked", True),
        ("", "masked", True),
        ("enabled", "masked", False),
        ("masked", "enabled", False),
        ("", "enabled", False),
        ("enabled", "", True),
    ],
)
def test_imex_is_the_hosts_or_the_drivers(found: str, expected: str, right: bool) -> None:
    wrong = dra_host.of_imex(Says(found), expected)  # type: ignore[arg-type]
    assert (wrong == []) is right


def test_nri_and_cdi_are_asked_of_what_containerd_runs_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dra_host.host, "release", lambda module: "2.2.6")
    off = {
        "plugins": {
            "io.containerd.cri.v1.runtime": {"enable_cdi": True},
            "io.containerd.nri.v1.nri": {"disable": True},
        }
    }
    monkeypatch.setattr(dra_host.host, "dump", lambda module: off)
    assert dra_host.of_runtime(None, True, False) == []  # type: ignore[arg-type]
    [line] = dra_host.of_runtime(None, True, True)  # type: ignore[arg-type]
    assert "nri" in line
    assert "disable: found True, expected False" in line


def test_the_last_change_of_what_plugins_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    time.sleep(0.05)  # the kernel's clock of files has steps
    os.chmod(tmp_path / "a", 0o600)
    when, path = dra_host.last([f"{tmp_path}/*", "/nonexistent/*"])
    assert path == str(tmp_path / "a")
    assert when > 0
    assert dra_host.last(["/nonexistent/*"]) == (0.0, "")
