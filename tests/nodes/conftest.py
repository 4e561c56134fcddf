"""Node checks with testinfra: over SSH on a host (--hosts=ssh://NAME), or from collected records
(--records)."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest
import testinfra.backend

from rackwright.verify import nodes
from rackwright.verify.backend import RecordBackend
from rackwright.verify.checks.every import judged

testinfra.backend.BACKENDS["record"] = "rackwright.verify.backend.RecordBackend"
CLUSTER = pytest.StashKey[nodes.Cluster]()


def pytest_addoption(parser):
    group = parser.getgroup("rackwright")
    group.addoption("--cluster", default="lab", help="cluster name or path of its file")
    group.addoption("--records", type=Path, help="folder of records: asks no host, reads what was collected")
    group.addoption("--verdicts", type=Path, help="write every verdict here, as JSON")
    group.addoption("--run-name", help="name of the collecting run, as its storage tokens hold it")


def pytest_configure(config):
    records = config.getoption("--records", default=None)
    if records is None and not config.getoption("hosts", default=None):
        return
    cluster = config.stash[CLUSTER] = nodes.open_cluster(
        config.getoption("--cluster"), config.getoption("--run-name")
    )
    if records is not None:
        RecordBackend.folder = records
        config.option.hosts = ",".join(f"record://{path.stem}" for path in sorted(records.glob("*.json")))
    elif config.option.ssh_config is None:
        folder = tempfile.TemporaryDirectory(prefix="rackwright-nodes-")
        config.add_cleanup(folder.cleanup)
        config.option.ssh_config = str(nodes.ssh_config(cluster, Path(folder.name)))


def pytest_collection_modifyitems(config, items):
    """Without a host these checks are not for this machine: testinfra would take the local one."""
    if CLUSTER in config.stash:
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(
                pytest.mark.skip(reason="a cluster's check: needs --hosts=ssh://NAME or --records")
            )


def pytest_sessionfinish(session):
    path = session.config.getoption("--verdicts", default=None)
    if path is not None and CLUSTER in session.config.stash:
        verdicts = session.config.stash[CLUSTER].verdicts
        path.write_text(json.dumps([asdict(verdict) for verdict in verdicts]), encoding="utf-8")


@pytest.fixture(scope="module")
def cluster(request):
    return request.config.stash[CLUSTER]


@pytest.fixture(scope="module")
def subject(cluster, host):
    """The device under test: what is expected of it, and its facts."""
    return cluster.subject(host)


@pytest.fixture
def judge(cluster, subject):
    """Make one check, keep its verdicts, fail with every wrong place; what was not measured is never a
    pass."""

    def judge_(name):
        verdicts = judged(name, subject)
        cluster.verdicts += verdicts
        wrong = [v for v in verdicts if v.outcome == "fail"]
        if wrong:
            lines = (
                f"{v.place} {v.check}: found {v.found}, expected {v.expected} [{v.source}]" for v in wrong
            )
            pytest.fail("\n".join(lines), pytrace=False)
        missing = [v for v in verdicts if v.outcome == "not measured" and v.due]
        if missing:
            pytest.skip("not measured: " + "; ".join(f"{v.place} {v.check}: {v.found}" for v in missing))

    return judge_
