"""Judge: what the drivers would refuse of a cluster's profiles and gates, each with its rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rackwright.gpu_sharing import rules as kinds
from rackwright.gpu_sharing.mig import expand, place, profiles
from rackwright.gpu_sharing.partitions import modes
from rackwright.gpu_sharing.profile import Profile
from rackwright.gpu_sharing.rules import gates_of, rules
from rackwright.models.kubernetes import GpuDriver
from rackwright.models.tables import GpuModel


@dataclass(frozen=True, slots=True)
class Asked:
    """Profiles by group with the GPUs they are for, and gates of the driver that the file names."""

    driver: GpuDriver
    profiles: Mapping[str, Profile]
    gpus: Mapping[str, GpuModel]
    """By group; only groups whose model the catalog has."""
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that a driver would refuse. ``group``: whose profile; None: a gate of the file."""

    group: str | None
    gate: str | None
    expected: str
    why: str
    """Ends with the rule's name in brackets."""


def judge(asked: Asked) -> Iterator[Refusal]:
    """Every refusal, by rule; gates that a profile switches on count as the file's own."""
    on = gates_of({profile.kind for profile in asked.profiles.values()}, set(asked.gates))
    for name, rule in rules().items():
        for refusal in _judge(rule, asked, on):
            yield Refusal(refusal.group, refusal.gate, refusal.expected, f"{rule.why} (rule {name})")


def _judge(rule: kinds.Rule, asked: Asked, on: Mapping[str, str]) -> Iterator[Refusal]:
    if isinstance(rule, kinds.Excludes):
        first, second = rule.gates
        if first in on and second in on:
            yield from _both(first, second, asked, on)
    elif isinstance(rule, kinds.Needs):
        if rule.gate in on and rule.of not in on:
            yield Refusal(None, rule.gate, f"{rule.of} beside it", "")
    elif isinstance(rule, kinds.Apart):
        yield from _apart(rule, asked)
    elif isinstance(rule, kinds.OfDriver):
        if asked.driver != rule.driver:
            for gate in asked.gates:
                yield Refusal(None, gate, f"no gates beside the driver {asked.driver}", "")
    else:
        for group, profile in asked.profiles.items():
            yield from _profile(rule, group, profile, asked)


def _both(first: str, second: str, asked: Asked, on: Mapping[str, str]) -> Iterator[Refusal]:
    """At a gate that the file names, else at the groups whose profile asks for the second."""
    for gate, other in ((first, second), (second, first)):
        if gate in asked.gates:
            because = "" if on[other] == "dra.features" else f", which {on[other]} switches on"
            yield Refusal(None, gate, f"no {gate} beside {other}{because}", "")
            return
    for group, profile in asked.profiles.items():
        if profile.kind == on[second]:
            yield Refusal(group, None, f"no {second} beside {first}, which {on[first]} switches on", "")


def _apart(rule: kinds.Apart, asked: Asked) -> Iterator[Refusal]:
    first = [group for group, profile in asked.profiles.items() if profile.kind == rule.profiles[0]]
    second = [group for group, profile in asked.profiles.items() if profile.kind == rule.profiles[1]]
    if first and second:
        yield Refusal(second[0], None, f"the same way as {first[0]}", "")


def _profile(rule: kinds.Rule, group: str, profile: Profile, asked: Asked) -> Iterator[Refusal]:
    model = asked.gpus.get(group)
    if isinstance(rule, kinds.Shared):
        if profile.kind != "whole" and asked.driver == "none":
            yield Refusal(group, None, "whole, without dra.gpu", "")
    elif model is None or not isinstance(rule, kinds.Vendor | kinds.Layout) or rule.profile != profile.kind:
        return
    elif isinstance(rule, kinds.Vendor):
        if model.vendor != rule.vendor:
            yield Refusal(group, None, f"a profile for {model.product}", "")
    elif profile.kind == "partition" and model.vendor == "amd" and profile.modes not in modes(model.name):
        yield Refusal(group, None, f"modes of {model.product}: {', '.join(modes(model.name))}", "")
    elif profile.kind == "mig" and model.vendor == "nvidia":
        wanted = expand(model.name, profile.layout)
        if wanted is None:
            yield Refusal(group, None, f"profiles of {model.product}: {', '.join(profiles(model.name))}", "")
        elif place(model.name, wanted) is None:
            yield Refusal(group, None, f"a layout that fits into one {model.product}", "")
