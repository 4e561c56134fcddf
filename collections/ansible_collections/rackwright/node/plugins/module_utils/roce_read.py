"""A NIC port's quality of service, asked of the NIC's own tools and of the kernel's files."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from ansible_collections.rackwright.node.plugins.module_utils import roce_items as items

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

NET, DEVICES = "/sys/class/net", "/sys/class/infiniband"
CM, DEBUG = "/sys/kernel/config/rdma_cm", "/sys/kernel/debug/mlx5"
TOOLS = {"mlnx_qos": ("mlnx_qos", "cma_roce_mode", "cma_roce_tos"), "dcb": ("dcb",), "bnxt": ("dcb",)}
"""Commands that answer, by the tool that sets a port."""


def missing(module: AnsibleModule, ports: list[dict[str, str]]) -> list[str]:
    """Commands that are needed to ask the ports and that are not there."""
    wanted = {tool for port in ports for tool in TOOLS.get(port["tool"], ())} | {"ethtool"}
    return sorted(tool for tool in wanted if module.get_bin_path(tool) is None)


def read(module: AnsibleModule, contract: dict[str, int], port: dict[str, str]) -> items.Items:
    """Everything that the port says of itself."""
    name, device, tool = port["name"], port["rdma"], port["tool"]
    if not os.path.exists(f"{NET}/{name}"):
        return {}
    rc, out, err = module.run_command(["ethtool", "-a", name])
    found: items.Items = {items.PAUSE: items.pause(rc, out + err)}
    if tool == "mlnx_qos":
        found |= _mlnx(module, contract, name, device)
    elif tool in ("dcb", "bnxt"):
        found |= items.dcb(_dcb(module, name), int(port["argument"] or 0) if tool == "dcb" else 0)
    if tool == "dcb":
        folder = f"{DEBUG}/{os.path.basename(os.path.realpath(f'{DEVICES}/{device}/device'))}/cc_params"
        found |= _files(
            {
                items.CNP_DSCP: f"{folder}/np_cnp_dscp",
                items.CNP_PRIORITY: f"{folder}/np_cnp_prio",
            }
        )
    if tool in ("dcb", "bnxt", "nicctl"):
        folder = f"{CM}/{device}/ports/1"
        found |= _files(
            {
                items.CM_MODE: f"{folder}/default_roce_mode",
                items.CM_TOS: f"{folder}/default_roce_tos",
            }
        )
    return found


def _mlnx(module: AnsibleModule, contract: dict[str, int], name: str, device: str) -> items.Items:
    found = items.mlnx_qos(_said(module, ["mlnx_qos", "-i", name]))
    data = contract["priority"]
    found |= _files(
        {
            items.RDMA_TOS: f"{DEVICES}/{device}/tc/1/traffic_class",
            items.CNP_DSCP: f"{NET}/{name}/ecn/roce_np/cnp_dscp",
            items.CNP_PRIORITY: f"{NET}/{name}/ecn/roce_np/cnp_802p_prio",
            **{
                f"{text} {data}": f"{NET}/{name}/ecn/{side}/enable/{data}"
                for side, text in items.SIDES.items()
            },
        }
    )
    for item, command in (
        (items.CM_MODE, ["cma_roce_mode", "-d", device, "-p", "1"]),
        (items.CM_TOS, ["cma_roce_tos", "-d", device]),
    ):
        if answer := _said(module, command).strip():
            found[item] = answer.splitlines()[-1].strip()
    return found


def _said(module: AnsibleModule, command: list[str]) -> str:
    """A command's answer; empty where it has none to give."""
    rc, out, _ = module.run_command(command)
    return out if rc == 0 else ""


def _dcb(module: AnsibleModule, name: str) -> dict[str, dict[str, Any]]:
    answers: dict[str, dict[str, Any]] = {}
    for part in ("app", "ets", "pfc", "buffer"):
        text = _said(module, ["dcb", "-N", "-j", part, "show", "dev", name]).strip()
        if text.startswith("{"):
            answers[part] = json.loads(text)
    return answers


def _files(paths: dict[str, str]) -> items.Items:
    """What the kernel's files hold; those that are not there hold nothing."""
    found: items.Items = {}
    for item, path in paths.items():
        try:
            with open(path, encoding="utf-8") as file:
                found[item] = value(file.read())
        except OSError:
            continue
    return found


def value(text: str) -> str:
    """The value in a file of one setting; ``traffic_class`` names it first.

    >>> value("Global tclass=106\\n"), value("RoCE v2\\n")
    ('106', 'RoCE v2')
    """
    found = re.search(r"=\s*(\d+)", text)
    return found[1] if found else text.strip()
