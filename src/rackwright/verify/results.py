"""Results on disk: ``<state>/verify/latest.json`` (docs/verify.md has its schema) and JUnit for pipelines;
written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rackwright import atomic, paths
from rackwright.errors import UsageError
from rackwright.verify.fleet import read_verdict
from rackwright.verify.model import Finding, Result, verdict_as_dict

SCHEMA = 1


def as_dict(result: Result) -> dict[str, Any]:
    """As JSON."""
    return {
        "schema": SCHEMA,
        "cluster": result.cluster,
        "ok": result.ok,
        "simulated": result.simulated,
        "started": result.started,
        "seconds": result.seconds,
        "rackwright": result.rackwright,
        "counts": result.counts(),
        "findings": [_finding(finding) for finding in result.findings],
        "devices": {name: dict(device) for name, device in result.devices.items()},
        "verdicts": [verdict_as_dict(verdict) for verdict in result.verdicts],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "layer": finding.layer,
        "outcome": finding.outcome,
        "place": finding.place,
        "found": finding.found,
        "expected": finding.expected,
        "source": finding.source,
        "effects": finding.effects,
        "elements": sorted(finding.blames),
        "direct": [verdict_as_dict(verdict) for verdict in finding.direct],
        "explains": [verdict_as_dict(verdict) for verdict in finding.explains],
    }


def path_of(cluster: str) -> Path:
    """Where a cluster's last result lies."""
    return paths.state_dir(cluster) / "verify" / "latest.json"


def write(result: Result) -> Path:
    """Replace the last result."""
    path = path_of(result.cluster)
    atomic.write(path, json.dumps(as_dict(result), indent=1) + "\n")
    return path


def read(cluster: str) -> Result | None:
    """The last result; None when there is none.

    :raises UsageError: the file is damaged, or of another version.
    """
    path = path_of(cluster)
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise UsageError(
                f"{path}: schema {data['schema']}, expected {SCHEMA}; run `rackwright verify` again"
            )
        return from_dict(data)
    except (ValueError, KeyError, TypeError) as problem:
        raise UsageError(f"{path} is damaged ({problem!r}); run `rackwright verify` again") from problem


def from_dict(data: Mapping[str, Any]) -> Result:
    """A result from its JSON."""
    plain = {f.name: data[f.name] for f in fields(Result) if f.name not in ("verdicts", "findings")}
    return Result(
        **plain,
        verdicts=tuple(read_verdict(verdict) for verdict in data["verdicts"]),
        findings=tuple(_read_finding(finding) for finding in data["findings"]),
    )


def _read_finding(data: Mapping[str, Any]) -> Finding:
    keys = ("cause", "layer", "place", "found", "expected", "source", "outcome")
    return Finding(
        **{key: data[key] for key in keys},
        direct=[read_verdict(verdict) for verdict in data["direct"]],
        explains=[read_verdict(verdict) for verdict in data["explains"]],
        blames=frozenset(data["elements"]),
    )


def junit(result: Result) -> str:
    """JUnit XML: a suite for each device, a case for each verdict."""
    label = " (simulated)" if result.simulated else ""
    root = ElementTree.Element("testsuites", name=f"rackwright verify {result.cluster}{label}")
    by_device: dict[str, list[Any]] = {}
    for verdict in result.verdicts:
        by_device.setdefault(verdict.device, []).append(verdict)
    for device, verdicts in sorted(by_device.items()):
        failed = [v for v in verdicts if v.outcome == "fail"]
        skipped = [v for v in verdicts if v.outcome == "not measured"]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=device,
            tests=str(len(verdicts)),
            failures=str(len(failed)),
            skipped=str(len(skipped)),
            timestamp=result.started,
        )
        for verdict in verdicts:
            name = f"{verdict.layer} {verdict.check}"
            case = ElementTree.SubElement(suite, "testcase", classname=verdict.place, name=name)
            text = f"found {verdict.found}, expected {verdict.expected} [{verdict.source}]"
            if verdict.outcome == "fail":
                ElementTree.SubElement(case, "failure", message=text)
            elif verdict.outcome == "not measured":
                ElementTree.SubElement(case, "skipped", message=f"not measured: {verdict.found}")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
