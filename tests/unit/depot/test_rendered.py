"""Renderings: made once, stale when anything changed, refused where Helm would have to act."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rackwright.depot.place import Place
from rackwright.depot.record import Held
from rackwright.depot.rendered import With, fresh, listed, make, path
from rackwright.dra.releases import Release
from rackwright.errors import WorldRefused

HELM = """#!/bin/sh
echo run >> "$(dirname "$0")/runs"
echo "$@" > "$(dirname "$0")/said"
while [ "$1" != --values ]; do shift; done
echo "{kind: ConfigMap, apiVersion: v1, metadata: {name: a}, data: {values: '$(cat "$2")'}}"
echo "note on standard error" >&2
"""
RELEASE = Release("driver", "dra_driver", "space", ("gpu.example.com",), {}, {"a": 1})


def held(kind: str, version: str, sha256: str) -> Held:
    return Held("x", kind, version, "MIT", "https://example.com/", sha256, 1, "tree", "x")


@pytest.fixture
def by(tmp_path: Path) -> With:
    program = tmp_path / "helm"
    program.write_text(HELM)
    program.chmod(0o755)
    (tmp_path / "c.tgz").write_bytes(b"a chart")
    return With(
        held("chart", "1.0.0", "c" * 64),
        tmp_path / "c.tgz",
        held("file", "4.3.1", "h" * 64),
        program,
        "1.37.2",
    )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "depot")


def runs(by: With) -> int:
    return (by.program.parent / "runs").read_text().count("run")


def test_a_rendering_is_made_once_with_the_clusters_values(place: Place, by: With) -> None:
    made = json.loads(make(place, "lab", RELEASE, by).read_text())
    assert [each["kind"] for each in made["items"]] == ["Namespace", "ConfigMap"]
    assert made["items"][0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert json.loads(made["items"][1]["data"]["values"]) == {"a": 1}
    said = (by.program.parent / "said").read_text()
    assert "--namespace space --kube-version 1.37.2 --api-versions resource.k8s.io/v1 --include-crds" in said
    make(place, "lab", RELEASE, by)
    assert runs(by) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda release, by: (replace(release, values={"a": 2}), by),
        lambda release, by: (replace(release, namespace="other"), by),
        lambda release, by: (replace(release, beside=({"kind": "DeviceClass"},)), by),
        lambda release, by: (release, replace(by, chart=held("chart", "1.0.0", "d" * 64))),
        lambda release, by: (release, replace(by, helm=held("file", "4.4.0", "h" * 64))),
        lambda release, by: (release, replace(by, kubernetes="1.38.0")),
    ],
    ids=["values", "namespace", "beside", "chart", "helm", "kubernetes"],
)
def test_a_rendering_is_stale_when_anything_changed(place: Place, by: With, change: Any) -> None:
    make(place, "lab", RELEASE, by)
    assert fresh(place, "lab", RELEASE, by)
    assert not fresh(place, "lab", *change(RELEASE, by))


def test_a_rendering_that_was_edited_is_made_again(place: Place, by: With) -> None:
    at = make(place, "lab", RELEASE, by)
    before = at.read_text()
    at.write_text("{}")
    assert not fresh(place, "lab", RELEASE, by)
    assert make(place, "lab", RELEASE, by).read_text() == before
    path(place, "lab", "driver").with_suffix(".key").unlink()
    assert not fresh(place, "lab", RELEASE, by)


def test_what_helm_refuses_is_said(place: Place, by: With) -> None:
    by.program.write_text("#!/bin/sh\necho 'Error: set gpuResourcesEnabledOverride=true' >&2\nexit 1\n")
    with pytest.raises(WorldRefused, match="set gpuResourcesEnabledOverride=true"):
        make(place, "lab", RELEASE, by)
    assert not path(place, "lab", "driver").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no object came of it"),
        ("- a\n", "no Kubernetes object"),
        (
            "{apiVersion: v1, kind: Job, metadata: {name: j, annotations: {helm.sh/hook: pre-install}}}",
            "Job j is a hook",
        ),
    ],
)
def test_what_cannot_be_applied_is_refused(text: str, words: str) -> None:
    with pytest.raises(WorldRefused, match=words):
        listed(text, RELEASE)


def test_a_charts_own_namespace_stays() -> None:
    text = "{apiVersion: v1, kind: Namespace, metadata: {name: space}}\n---\n"
    text += "{apiVersion: v1, kind: A, metadata: {name: a}}\n"
    assert [each["kind"] for each in listed(text, RELEASE)["items"]] == ["Namespace", "A"]
