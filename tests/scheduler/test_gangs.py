"""Gangs by the native workload API: all of a gang's pods get their claims, or none starts.

Kubernetes 1.37 names it GenericWorkload (beta, off), with PodGroup in scheduling.k8s.io/v1beta1; gangs had a
gate of their own before (k8s.io/api v0.37.2, scheduling/v1beta1/types.go). Skipped as test_claims.py is, and
where the API server does not serve the kind.
"""

from __future__ import annotations

import time
import urllib.error

import pytest
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.test_claims import cluster, remove, settled  # noqa: F401 - a fixture

BIN = binaries()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
]
GROUPS = "/apis/scheduling.k8s.io/v1beta1/namespaces/default/podgroups"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with running(
        ControlPlane(BIN, tmp_path_factory.mktemp("gangs"), gates="GenericWorkload=true"),
        "--runtime-config=scheduling.k8s.io/v1beta1=true",
    ) as made:
        try:
            made.ask("GET", GROUPS)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            pytest.skip("this Kubernetes serves no PodGroup in scheduling.k8s.io/v1beta1")
        yield made


@pytest.fixture
def gang(api):
    """Pods that take a whole server each, as one gang of at least ``least``; none: by themselves."""
    made = []

    def start(name, count, least=None):
        if least is not None:
            policy = {"gang": {"minCount": least}}
            body = {"apiVersion": "scheduling.k8s.io/v1beta1", "kind": "PodGroup", "metadata": {"name": name}}
            api.ask("POST", GROUPS, {**body, "spec": {"schedulingPolicy": policy}})
            made.append(f"{GROUPS}/{name}")
        for number in range(count):
            spec = {
                "containers": [{"name": "c", "image": "none", "resources": {"claims": [{"name": "d"}]}}],
                "resourceClaims": [{"name": "d", "resourceClaimTemplateName": "whole-node"}],
            }
            if least is not None:
                spec["schedulingGroup"] = {"podGroupName": name}
            body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-{number}"}, "spec": spec}
            api.ask("POST", "/api/v1/namespaces/default/pods", body)

    yield start
    for path in made:
        remove(api, path)


def bound(api, name):
    """Pods of a gang that have a node."""
    items = api.ask("GET", "/api/v1/namespaces/default/pods")["items"]
    return [
        i["metadata"]["name"]
        for i in items
        if i["metadata"]["name"].startswith(f"{name}-") and i["spec"].get("nodeName")
    ]


def settle(api, name, wanted, seconds=60.0):
    """Pods of a gang that have a node, once there are as many as wanted; and still so some seconds later."""
    end = time.monotonic() + seconds
    while len(bound(api, name)) < wanted and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(5)
    return bound(api, name)


def test_a_gang_that_does_not_fit_starts_nothing(api, cluster, gang):  # noqa: F811
    """Three whole servers are asked for; there are two."""
    cluster()
    gang("big", 3, least=3)
    time.sleep(15)
    assert bound(api, "big") == []
    assert settled(api, 0) == []


def test_its_place_is_free_for_a_gang_that_fits(api, cluster, gang):  # noqa: F811
    cluster()
    gang("big", 3, least=3)
    time.sleep(3)
    gang("small", 2, least=2)
    assert len(settle(api, "small", 2)) == 2
    assert bound(api, "big") == []


def test_the_same_pods_without_a_gang_start_in_part(api, cluster, gang):  # noqa: F811
    """What gangs are there against: so that the test above cannot pass by chance."""
    cluster()
    gang("loose", 3)
    assert len(settle(api, "loose", 2)) == 2
