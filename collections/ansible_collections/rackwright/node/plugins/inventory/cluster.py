"""Inventory plugin: the cluster file itself is the inventory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

if TYPE_CHECKING:
    from rackwright.inventory.build import Inventory

DOCUMENTATION = r"""
name: cluster
short_description: The cluster file as an inventory
description:
  - Reads C(cluster.yaml) with rackwright and gives its servers in groups by unit, role, plane and more.
  - Nothing is generated, so nothing can go stale.
author: rackwright
options:
  plugin:
    description: Not needed; a cluster file is known by its name or its keys.
    default: rackwright.node.cluster
"""

EXAMPLES = r"""
# ansible-inventory -i inventories/lab --graph
"""

SIGNS = ("cluster:", "machines:", "planes:")


class InventoryModule(BaseInventoryPlugin):
    """Accepts ``cluster.yaml`` (also by its folder) and any YAML file with a cluster's keys."""

    NAME = "rackwright.node.cluster"

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path) or not path.endswith((".yaml", ".yml")):
            return False
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
        return all(any(line.startswith(sign) for line in lines) for sign in SIGNS)

    def parse(self, inventory: object, loader: object, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            from rackwright.errors import RackwrightError
            from rackwright.inventory.build import inventory as build
        except ImportError as problem:
            raise AnsibleParserError(
                f"rackwright is not installed in Ansible's Python ({problem}); run .venv/bin/ansible-playbook"
            ) from problem
        try:
            found = build(os.path.abspath(path))
        except RackwrightError as problem:
            raise AnsibleParserError(str(problem)) from problem
        self._fill(found)

    def _fill(self, found: Inventory) -> None:
        for root, groups in found.groups.items():
            self.inventory.add_group(root)
            for group, hosts in groups.items():
                self.inventory.add_group(group)
                if group != root:
                    self.inventory.add_child(root, group)
                for host in hosts:
                    self.inventory.add_host(host, group=group)
        for key, value in found.common.items():
            self.inventory.set_variable("servers", key, value)
        for host, values in found.host_vars.items():
            for key, value in values.items():
                self.inventory.set_variable(host, key, value)
