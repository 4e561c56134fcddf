"""The control-plane server says where it sits, and one owner holds that."""

from __future__ import annotations

import json

from testinfra.host import Host

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"


def test_the_node_has_its_labels_under_one_manager(host: Host) -> None:
    [node] = json.loads(host.check_output(f"{KUBECTL} get nodes --show-managed-fields -o json"))["items"]
    assert {"rackwright.dev/group", "rackwright.dev/rack"} <= set(node["metadata"]["labels"])
    managers = {entry["manager"] for entry in node["metadata"]["managedFields"] if entry["operation"] == "Apply"}
    assert "rackwright-nodes" in managers


def test_no_file_of_a_scheduler_that_is_not_there(host: Host) -> None:
    assert not host.file("/etc/slurm/topology.conf").exists
