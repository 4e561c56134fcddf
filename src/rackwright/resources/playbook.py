"""Playbook: roles for one group of one unit, keyed by the digest of everything that they depend on.

``read`` does not trust the last run: it runs the same roles in check mode, and whatever they would change
is drift.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from rackwright import hostkeys
from rackwright.errors import WorldRefused
from rackwright.resources import ansible_run, site
from rackwright.resources.ansible_run import HostResult, Outcome
from rackwright.resources.handler import Diff, Observed, Progress, Props


class PlaybookHandler:
    """``rackwright:platform:Playbook``. Inputs: name, group, hosts, roles, digest."""

    type = "rackwright:platform:Playbook"

    def check(self, inputs: Props) -> list[tuple[str, str]]:
        problems = site.missing(inputs, "name", "group", "hosts", "roles", "digest")
        return problems + [(key, "is empty") for key in ("hosts", "roles") if inputs.get(key) == []]

    def diff(self, old: Props, new: Props) -> Diff:
        return site.diff(old, new, frozenset({"name"}))

    async def read(self, id: str, inputs: Props) -> Observed | None:
        outcome = await run(inputs, lambda text: None, check=True)
        if outcome.problem:
            raise WorldRefused(
                inputs["name"], "check run", outcome.problem, "run it by hand: rackwright configure --check"
            )
        return _observed(inputs, outcome, drift(outcome))

    async def apply(self, inputs: Props, old: Observed | None, progress: Progress) -> Observed:
        outcome = await run(inputs, progress)
        refuse(inputs["name"], outcome)
        return _observed(inputs, outcome, [])

    async def delete(self, id: str, inputs: Props, progress: Progress) -> None:
        """Nothing to take away: roles describe a host, and the host goes with its machine."""
        progress("forgotten; the hosts keep what the roles did")


async def run(inputs: Props, tell: Progress, check: bool = False) -> Outcome:
    """Run the roles and keep each host's record in ``<state>/runs``."""
    with site.secret_file(inputs, "ssh_key") as key:
        order = ansible_run.Order(
            inventory=site.cluster_file(inputs),
            hosts=list(inputs["hosts"]),
            roles=list(inputs["roles"]),
            user=inputs["access"]["ssh_user"],
            key=key,
            known_hosts=hostkeys.known_hosts(site.state(inputs)),
            check=check,
        )
        outcome = await ansible_run.run(order, tell)
    _keep(inputs, outcome, check)
    return outcome


def refuse(name: str, outcome: Outcome) -> None:
    """Turn failed hosts into one error that names each with its task and reason."""
    if outcome.problem:
        raise WorldRefused(name, "ansible-playbook", outcome.problem, "nothing is known of the hosts")
    failed = [f"{host}: {result.failed}" for host, result in sorted(outcome.hosts.items()) if result.failed]
    if failed:
        raise WorldRefused(
            name, "roles", "; ".join(failed), "the other hosts went on; correct these and run up again"
        )


def drift(outcome: Outcome) -> list[str]:
    """What the roles would change, one line for each task of each host."""
    lines = []
    for host, result in sorted(outcome.hosts.items()):
        lines += [f"{host}: {task['task']}: would change" for task in result.tasks]
        if result.failed:
            lines.append(f"{host}: {result.failed}")
    return lines


def _keep(inputs: Props, outcome: Outcome, check: bool) -> None:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    folder = site.state(inputs) / "runs" / f"{stamp}-{inputs['name']}{'-check' if check else ''}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for host, result in outcome.hosts.items():
        (folder / f"{host}.json").write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")


def _observed(inputs: Props, outcome: Outcome, drifted: list[str]) -> Observed:
    found: dict[str, Any] = {key: value for key, value in inputs.items() if key != "drift"}
    if drifted:
        found["drift"] = drifted
    results = {host: _verdict(result, bool(drifted)) for host, result in sorted(outcome.hosts.items())}
    return Observed(inputs["name"], found, {"name": inputs["name"], "results": results})


def _verdict(result: HostResult, looked: bool) -> dict[str, Any]:
    """A host's result, the same for the same world; seconds and what it had to change are in the record."""
    left = [task["task"] for task in result.tasks] if looked else []
    return {"failed": result.failed, "asDeclared": not result.failed and not left, "wouldChange": left}
