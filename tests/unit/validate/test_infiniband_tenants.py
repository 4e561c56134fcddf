"""An inventory with tenants on InfiniBand and every GUID known, from its files to a subnet that is up."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import pytest
from tests.unit.validate.subnets import simulator, words
from typer.testing import CliRunner

from rackwright.cli import app
from rackwright.pipeline import Planned, files, plan
from rackwright.render.build import Files
from rackwright.validate import infiniband

CLUSTER = Path(__file__).parent / "tenants" / "cluster.yaml"
FOLDER = "subnet-manager/backend"


@lru_cache
def _made() -> tuple[Planned, Files]:
    planned = plan(str(CLUSTER))
    return planned, files(planned)


@pytest.fixture
def made() -> tuple[Planned, Files]:
    return _made()


def test_every_guid_is_where_it_belongs(made):
    site = made[1].site
    listed = json.loads(site[f"{FOLDER}/missing-guids.json"])
    assert (listed["not_known"], listed["missing"]) == (0, {})
    assert not [path for path, text in site.items() if path.startswith(FOLDER) and "not known" in text]
    assert "\nroot_guid_file /etc/opensm/root-guids.txt\n" in site[f"{FOLDER}/opensm.conf"]
    assert "GUIDs are simulated" not in site[f"{FOLDER}/fabric.net"]


def test_the_largest_tenant_id_has_a_key_of_its_own(made):
    assert "zeta=0x0fa0, indx0" in made[1].site[f"{FOLDER}/partitions.conf"]


@simulator
def test_it_runs(made):
    planned, rendered = made
    assert words(infiniband.check(planned.design, rendered)) == ""


@simulator
def test_the_command_judges_it():
    done = CliRunner().invoke(
        app.build("validate"), ["validate", str(CLUSTER), "--only", "infiniband", "--json"]
    )
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)["validators"]
    assert (row["name"], row["findings"]) == ("infiniband", [])
