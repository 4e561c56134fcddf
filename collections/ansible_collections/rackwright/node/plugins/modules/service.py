"""Services that run what is on disk."""

from __future__ import annotations

import glob
import os
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: service
short_description: Services that run what is on disk
description: 'Enables and starts services, and restarts one whose process is older than its configuration:
  a run that was killed after writing a file and before restarting the daemon is repaired by the next
  one.'
options:
  services:
    description: The services.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Unit name.
        type: str
        required: true
      config:
        description: Patterns of the files that it reads at start.
        type: list
        elements: str
        default: []
      restart:
        description: Restart when older than those files.
        type: bool
        default: true
      state:
        description: C(stopped) also disables it; a unit that is not there is stopped. C(masked) keeps others
          from starting it, too.
        type: str
        choices: [started, stopped, masked]
        default: started
  manager:
    description: Properties that the running systemd must have; it reads its configuration again where
      one differs.
    type: dict
    default: {}
author: rackwright
"""

EXAMPLES = r"""
- name: Run lldpd with its configuration
  rackwright.node.service:
    services: [{name: lldpd.service, config: [/etc/lldpd.d/*.conf]}]
"""

RETURN = r"""
actions: {description: "What was (or would be) done, by unit.", type: dict, returned: always}
unmet: {description: Units whose own conditions keep them from running here., type: list, returned: always}
"""

OPTIONS = {
    "name": {"type": "str", "required": True},
    "config": {"type": "list", "elements": "str", "default": []},
    "restart": {"type": "bool", "default": True},
    "state": {"type": "str", "choices": ["started", "stopped", "masked"], "default": "started"},
}
ASKED = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "ConditionResult",
    "ActiveEnterTimestampMonotonic",
    "NeedDaemonReload",
)
TIMEOUT = 30


def show(module: AnsibleModule, name: str) -> dict[str, str]:
    """The unit's properties."""
    rc, out, err = module.run_command(["systemctl", "show", "-p", ",".join(ASKED), name])
    if rc != 0:
        module.fail_json(msg=f"{name}: systemctl show: {err.strip()}")
    return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)


def manager(module: AnsibleModule, wanted: dict[str, str]) -> list[str]:
    """Bring systemd itself to its configuration; what was (or would be) done."""

    def differing() -> dict[str, str | None]:
        _, out, _ = module.run_command(["systemctl", "show", *(f"--property={name}" for name in wanted)])
        found = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        return {name: found.get(name) for name, value in wanted.items() if found.get(name) != str(value)}

    if not wanted or not differing():
        return []
    if not module.check_mode:
        module.run_command(["systemctl", "daemon-reload"], check_rc=True)
        left = differing()
        if left:
            module.fail_json(msg=f"systemd: found {left}, expected {wanted}")
    return ["daemon-reload"]


def older_than_config(state: dict[str, str], patterns: list[str]) -> bool:
    """True when a file changed after the unit became active."""
    since = int(state.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    started = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC) + since
    paths = [path for pattern in patterns for path in glob.glob(pattern)]
    # A folder's own time stamp tells of a file that was removed: of a folder that a pattern is about.
    paths += [os.path.dirname(pattern) for pattern in patterns if glob.has_magic(pattern)]
    return any(os.stat(path).st_ctime > started for path in paths if os.path.exists(path))


def planned(state: dict[str, str], service: dict[str, object]) -> list[str]:
    """systemctl verbs that lead from the state to a service that runs what is on disk."""
    verbs = []
    if state["UnitFileState"] in {"disabled", "indirect"}:
        verbs.append("enable")
    if state["ActiveState"] not in {"active", "reloading", "activating"}:
        verbs.append("start")
    elif service["restart"] and older_than_config(state, list(service["config"])):  # type: ignore[call-overload]
        verbs.append("restart")
    return verbs


def to_rest(state: dict[str, str], wanted: str) -> list[str]:
    """systemctl verbs that lead from the state to a service that does not run and will not at boot.

    >>> to_rest({"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"}, "stopped")
    ['stop', 'disable']
    >>> to_rest({"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive"}, "stopped")
    []
    """
    verbs = ["stop"] if state["ActiveState"] not in {"inactive", "failed"} else []
    if wanted == "masked":
        return verbs if state["LoadState"] == "masked" else [*verbs, "mask"]
    return [*verbs, "disable"] if state["UnitFileState"] in {"enabled", "enabled-runtime"} else verbs


def settle(module: AnsibleModule, name: str) -> dict[str, str]:
    """Wait for a unit to leave its passing states."""
    end = time.monotonic() + TIMEOUT
    state = show(module, name)
    while state["ActiveState"] in {"activating", "reloading"} and time.monotonic() < end:
        time.sleep(0.2)
        state = show(module, name)
    return state


class Unit:
    """One service on its way to the state that was asked for."""

    def __init__(self, module: AnsibleModule, service: dict[str, object]) -> None:
        self.module, self.service, self.name = module, service, str(service["name"])
        self.verbs: list[str] = []
        self.unmet = False
        self.broken = ""

    def _do(self, verbs: list[str]) -> None:
        self.verbs += verbs
        for verb in [] if self.module.check_mode else verbs:
            rc, _, err = self.module.run_command(["systemctl", verb, self.name])
            if rc != 0:
                self.broken = f"{self.name}: {verb}: {err.strip()}"
                return

    def rest(self) -> None:
        """It does not run, and no boot starts it."""
        self._do(to_rest(show(self.module, self.name), str(self.service["state"])))

    def run(self) -> None:
        """It runs, with what is on disk."""
        state = show(self.module, self.name)
        if state["LoadState"] == "masked":
            self._do(["unmask"])
            state = state if self.module.check_mode else show(self.module, self.name)
        if state["LoadState"] != "loaded":
            if self.module.check_mode:  # an earlier task would have installed it
                self.verbs += ["enable", "start"]
            else:
                self.broken = f"{self.name}: {state['LoadState']}: there is no such unit"
            return
        if state["NeedDaemonReload"] == "yes" and not self.module.check_mode:
            self.module.run_command(["systemctl", "daemon-reload"], check_rc=True)
        self._do(planned(state, self.service))
        after = state if self.module.check_mode else settle(self.module, self.name)
        if after["ActiveState"] == "active":
            return
        if after["ConditionResult"] == "no":
            self.unmet = True
            self.verbs = [verb for verb in self.verbs if verb != "start"]
        elif not self.module.check_mode and not self.broken:
            command = ["journalctl", "-u", self.name, "-n", "8", "--no-pager", "-o", "cat"]
            _, log, _ = self.module.run_command(command)
            found = f"{after['ActiveState']} ({after['SubState']})"
            self.broken = f"{self.name}: found {found}, expected active; {log.strip()}"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "dict", "required": True, "options": OPTIONS},
            "manager": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    actions: dict[str, list[str]] = {}
    verbs = manager(module, module.params["manager"])
    if verbs:
        actions["systemd"] = verbs
    units = [Unit(module, service) for service in module.params["services"]]
    for unit in units:
        unit.run() if unit.service["state"] == "started" else unit.rest()
        if unit.verbs:
            actions[unit.name] = unit.verbs
    unmet = [unit.name for unit in units if unit.unmet]
    broken = [unit.broken for unit in units if unit.broken]
    if broken:
        module.fail_json(msg="\n".join(broken), actions=actions, unmet=unmet)
    module.exit_json(changed=bool(actions), actions=actions, unmet=unmet)


if __name__ == "__main__":
    main()
