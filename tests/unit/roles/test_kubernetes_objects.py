"""A set of objects: applied once, changed where it differs, and nothing of it left over."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused
from ansible_collections.rackwright.node.plugins.modules.kubernetes_objects import Set, absent, present
from tests.unit.roles.fake_kubectl import Kubectl

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dra"}}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.com"},
    "spec": {},
}


def daemonset(image: str = "a:1", name: str = "plugin") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "dra"},
        "spec": {"image": image},
    }


def role(name: str = "reader") -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [],
    }


def group(cluster: Kubectl, check_mode: bool = False) -> Set:
    cluster.params = {"name": "driver", "namespace": "dra", "manager": "rackwright-dra", "wait": 9}
    cluster.check_mode = check_mode
    return Set(cluster)  # type: ignore[arg-type]


def run(cluster: Kubectl, *wanted: dict[str, Any], check_mode: bool = False) -> list[str]:
    made = group(cluster, check_mode)
    present(made, list(wanted))
    return made.actions


def test_a_set_is_made_once() -> None:
    cluster = Kubectl()
    assert run(cluster, daemonset(), role(), NAMESPACE) == [
        "create Namespace dra",
        "create DaemonSet dra/plugin",
        "create ClusterRole reader",
    ]
    before = cluster.writes
    assert run(cluster, daemonset(), role(), NAMESPACE) == []
    assert cluster.writes == before


def test_check_mode_sends_nothing_and_says_what_would_be() -> None:
    cluster = Kubectl()
    assert "create DaemonSet dra/plugin" in run(cluster, daemonset(), NAMESPACE, check_mode=True)
    assert cluster.writes == 0
    assert cluster.holds == {}


def test_a_difference_is_said_and_mended() -> None:
    cluster = Kubectl()
    run(cluster, daemonset(), NAMESPACE)
    cluster.holds["DaemonSet", "dra", "plugin"]["spec"] = {"image": "edited"}
    [line] = run(cluster, daemonset(), NAMESPACE)
    assert line == 'change DaemonSet dra/plugin: spec.image: found "edited", expected "a:1"'
    assert cluster.holds["DaemonSet", "dra", "plugin"]["spec"] == {"image": "a:1"}


def test_what_the_file_has_no_more_is_deleted() -> None:
    cluster = Kubectl()
    run(cluster, daemonset(), daemonset(name="old"), role(), role("old"), NAMESPACE)
    assert run(cluster, daemonset(), role(), NAMESPACE) == [
        "delete DaemonSet dra/old",
        "delete ClusterRole old",
    ]
    assert ("ClusterRole", "", "reader") in cluster.holds
    assert run(cluster, daemonset(), role(), NAMESPACE) == []


def test_what_somebody_else_applied_since_stays() -> None:
    cluster = Kubectl()
    run(cluster, role(), role("old"), NAMESPACE)
    cluster.put(role("old"), manager="helm")
    assert run(cluster, role(), NAMESPACE) == []
    assert ("ClusterRole", "", "old") in cluster.holds


def test_a_run_that_was_killed_leaves_nothing_behind() -> None:
    """Killed after its note and before its objects, and again after its objects and before its end."""
    cluster = Kubectl()
    run(cluster, NAMESPACE)
    made = group(cluster)
    made.write([*made.noted(), "apps|DaemonSet|dra|late"])
    cluster.put(daemonset(name="late"), manager="rackwright-dra")
    assert run(cluster, NAMESPACE) == ["delete DaemonSet dra/late"]


def test_anothers_fields_are_refused_by_name() -> None:
    cluster = Kubectl()
    cluster.put(NAMESPACE, manager="rackwright-dra")
    cluster.put(daemonset("other:1"), manager="helm")
    with pytest.raises(Refused, match='conflict with "helm"'):
        run(cluster, daemonset(), NAMESPACE)
    assert cluster.holds["DaemonSet", "dra", "plugin"]["spec"] == {"image": "other:1"}


def test_new_kinds_are_waited_for() -> None:
    cluster = Kubectl()
    run(cluster, CRD, daemonset(), NAMESPACE)
    order = [line.split()[0] for line in cluster.ran if line.startswith(("wait", "apply"))]
    assert any(
        line.startswith("wait --for=condition=Established crd/things.example.com") for line in cluster.ran
    )
    assert order.index("wait") < len(order) - 1


def claim(driver: str, reserved: bool = True) -> dict[str, Any]:
    results = [{"driver": driver, "pool": "gpu-01", "device": "gpu-0", "request": "gpu"}]
    status: dict[str, Any] = {"allocation": {"devices": {"results": results}}}
    if reserved:
        status["reservedFor"] = [{"resource": "pods", "name": "p", "uid": "u"}]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "c", "namespace": "jobs"},
        "spec": {},
        "status": status,
    }


def test_a_set_in_use_stays() -> None:
    cluster = Kubectl()
    run(cluster, daemonset(), NAMESPACE)
    cluster.put(claim("gpu.nvidia.com"))
    with pytest.raises(Refused, match="claims in use: jobs/c"):
        absent(group(cluster), ["gpu.nvidia.com"])
    assert ("DaemonSet", "dra", "plugin") in cluster.holds


@pytest.mark.parametrize("other", [claim("dra.net"), claim("gpu.nvidia.com", reserved=False)])
def test_a_set_whose_claims_are_others_or_idle_goes(other: dict[str, Any]) -> None:
    cluster = Kubectl()
    run(cluster, daemonset(), role(), CRD, NAMESPACE)
    cluster.put(other)
    cluster.put({"kind": "ResourceSlice", "metadata": {"name": "s"}, "spec": {"driver": "gpu.nvidia.com"}})
    made = group(cluster)
    absent(made, ["gpu.nvidia.com"])
    assert made.actions[-1] == "delete Namespace dra"
    assert {kind for kind, _, _ in cluster.holds} <= {"ResourceClaim", "ConfigMap"}


def test_a_kind_of_which_objects_are_left_stays() -> None:
    cluster = Kubectl()
    run(cluster, CRD, NAMESPACE)
    cluster.put(
        {
            "apiVersion": "example.com/v1",
            "kind": "Thing",
            "metadata": {"name": "t", "namespace": "jobs"},
            "spec": {},
        }
    )
    with pytest.raises(Refused, match=r"1 objects of things.example.com are left"):
        absent(group(cluster), [])
    assert ("CustomResourceDefinition", "", "things.example.com") in cluster.holds
