"""Marks: what the facts of a cluster depend on, in the elements that machines' checks blame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.verify.expected import Expected
from rackwright.verify.model import Layer, Outcome, Verdict

SERVICES = ("kubelet", "containerd", "certificates")


@dataclass(frozen=True, slots=True)
class Marks:
    """Elements by name of a node; ``control`` is the first control-plane server, whose API was asked."""

    control: str
    expected: Mapping[str, Expected]

    @classmethod
    def of(cls, design: KubernetesDesign, expected: Mapping[str, Expected]) -> Marks:
        return cls(design.control[0].name, expected)

    def api(self) -> tuple[str, ...]:
        """What everything that is read of the API depends on."""
        return (self.control, *(f"{self.control}#{part}" for part in ("apiserver", "etcd", *SERVICES)))

    def node(self, name: str) -> tuple[str, ...]:
        """What a node depends on: its services, and its way to the API on the business plane."""
        found = [name, *(f"{name}#{part}" for part in SERVICES)]
        want = self.expected.get(name)
        for port in want.ports.values() if want else ():
            if port.plane == "business":
                found.append(f"{name}:{port.name}")
                far = port.neighbour
                found += [far.device, f"{far.device}:{far.port}"] if far else []
        return tuple(found)

    def verdict(
        self,
        check: str,
        layer: Layer,
        device: str,
        outcome: Outcome,
        found: str,
        expected: str,
        source: str,
        part: str,
        *,
        needs: tuple[str, ...] = (),
        also: tuple[str, ...] = (),
        due: bool = True,
        count: int = 1,
    ) -> Verdict:
        """A fact of one node, read of the API; ``part``: what it blames, ``also``: what else."""
        element = f"{device}#{part}"
        return Verdict(
            check, layer, device, None, outcome, found, expected, source,
            needs=(element, *self.api(), *needs), blames=(element, *also), due=due, count=count,
        )  # fmt: skip
