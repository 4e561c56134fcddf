"""Destroy on a whole lab. The last file here by name: it takes the session's cluster apart."""

from __future__ import annotations

import json

from tests.lab.command import command

from rackwright import pipeline
from rackwright.lab.inside import run_in
from rackwright.lab.place import Place


def test_destroy_takes_everything_away_in_the_reverse_order(cluster_up):
    done = command("destroy", cluster_up, "--yes", timeout=400)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    planned = pipeline.plan(str(cluster_up))
    status = json.loads(command("lab", "status", cluster_up, "--json", timeout=60).stdout)
    power = {machine["name"]: machine["power"] for machine in status["machines"]}
    assert {power[server.name] for server in planned.design.servers} == {"off"}
    # Switches stay reachable over the management network and carry no plane.
    assert {power[switch.name] for switch in planned.design.switches} == {"on"}
    leaf = run_in(Place(planned.design.name), "backend-su01-r0", ["vtysh", "-c", "show running-config"])
    assert "router bgp" not in leaf.stdout
    assert "ip address" not in leaf.stdout

    again = command("destroy", cluster_up, "--yes", timeout=100)
    assert again.returncode == 0, f"{again.stdout}\n{again.stderr}"
