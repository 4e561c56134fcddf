"""A small RoCE cluster for each switch OS, rendered once, and a way to edit what was rendered."""

from __future__ import annotations

import copy
import json
from collections import defaultdict

import pytest
import yaml

from rackwright.pipeline import files, plan
from rackwright.qos.walk.walk import walk
from rackwright.render.wiring import Wiring

CLUSTER = """\
cluster: walk-{nos}
lock: {lock}
machines:
  gpu: {{sku: {sku}, count: 4, rails: 2, unit_size: 2}}
fabrics:
  backend: {{kind: roce, switch: {switch}, nos: {nos}, topology: rail-optimised, spines: 2}}
  frontend: {{kind: ethernet, switch: sn4600c, nos: frr, topology: leaf-spine, oversubscription: "3:1"}}
  oob: {{kind: ethernet, switch: sn2201, nos: frr, topology: tree}}
planes:
  compute: {{fabric: backend, prefix: 10.64.0.0/12}}
  storage: {{fabric: frontend, prefix: 10.80.0.0/14}}
  business: {{fabric: frontend, prefix: 10.96.0.0/14}}
  management: {{fabric: oob, prefix: 10.112.0.0/16}}
"""
SITES = {
    "sonic": ("sn5600", "dgx-h100", "h100-debian13"),
    "eos": ("arista-7060x6-64pe", "mi300x-8gpu", "mi300x-ubuntu2404"),
    "cumulus": ("sn5600", "dgx-h100", "h100-debian13"),
}
BUFFERS = {"sn5600": 64_000_000, "arista-7060x6-64pe": 64_000_000}
"""Made up: only that a buffer ends matters here."""
FILES = {
    "sonic": "/etc/sonic/config_db.json",
    "eos": "/mnt/flash/startup-config",
    "cumulus": "/etc/nvue.d/startup.yaml",
}


class Site:
    """A rendered cluster whose texts can be edited; each test takes a copy."""

    def __init__(self, nos, design, rendered):
        self.nos, self.design, self.wiring = nos, design, Wiring.of(design)
        self.texts = defaultdict(dict)
        for device, texts in rendered.devices.items():
            self.texts[device] = dict(texts)

    def copy(self):
        other = copy.copy(self)
        other.texts = defaultdict(dict, {device: dict(texts) for device, texts in self.texts.items()})
        return other

    def edit(self, device, path, change):
        """``change`` gets the text and gives another; one that changes nothing is a mistake of the test."""
        before = self.texts[device][path]
        after = change(before)
        assert after != before, f"nothing to edit in {device}:{path}"
        self.texts[device][path] = after

    def tree(self, device, change):
        """Edit a switch's file as data, where it is JSON or YAML."""

        def edited(text):
            tree = json.loads(text) if self.nos == "sonic" else yaml.safe_load(text)
            change(tree if self.nos == "sonic" else next(part["set"] for part in tree if "set" in part))
            return json.dumps(tree) if self.nos == "sonic" else yaml.safe_dump(tree)

        self.edit(device, FILES[self.nos], edited)

    def walk(self, everything=True, buffers=BUFFERS):
        return walk(self.design, self.wiring, self.texts.__getitem__, buffers, everything)

    def findings(self):
        return list(self.walk().findings)


def made(nos, folder, **more):
    if nos == "eos":
        pytest.importorskip("pyavd", reason="EOS is rendered with the optional pyavd")
    switch, sku, lock = SITES[nos]
    path = folder / f"{nos}.yaml"
    path.write_text(CLUSTER.format(**{"nos": nos, "switch": switch, "sku": sku, "lock": lock, **more}))
    planned = plan(str(path))
    return Site(nos, planned.design, files(planned))


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    kept = {}

    def give(nos):
        if nos not in kept:
            kept[nos] = made(nos, folder)
        return kept[nos].copy()

    return give
