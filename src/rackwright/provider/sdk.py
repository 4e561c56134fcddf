"""What stack programs are written with; the same program runs under both engines.

A noun is one resource of the world, a component groups nouns. Both take a frozen dataclass (or a mapping) of
inputs, any of which may be another noun's output.

>>> @dataclass(frozen=True)
... class SwitchArgs:
...     address: pulumi.Input[str]
...     files: pulumi.Input[Mapping[str, str]]
>>> class Switch(Noun):
...     kind = "rackwright:fabric:Switch"
...     outputs = ("health",)                       # what the handler adds to the inputs
...     health: pulumi.Output[str]
>>> class Fabric(Component):
...     kind = "rackwright:fabric:Fabric"
...     def __init__(self, name: str, args: FabricArgs, opts: pulumi.ResourceOptions | None = None) -> None:
...         super().__init__(name, opts)
...         leaf = Switch("leaf-01", SwitchArgs("10.0.0.1", {...}), self.child())
...         self.register_outputs({"healthy": leaf.health})
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import pulumi

Json: TypeAlias = Any
"""A JSON value, or an output that will be one."""
Args: TypeAlias = Any
"""A dataclass of inputs, or a mapping."""


def properties(args: Args) -> dict[str, Json]:
    """A dataclass or mapping as Pulumi inputs; nested dataclasses too, outputs as they are."""
    if dataclasses.is_dataclass(args) and not isinstance(args, type):
        return {field.name: _value(getattr(args, field.name)) for field in dataclasses.fields(args)}
    return {key: _value(item) for key, item in args.items()}


def _value(value: Json) -> Json:
    if isinstance(value, Mapping) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return properties(value)
    if isinstance(value, (list, tuple)):
        return [_value(item) for item in value]
    return value


class Noun(pulumi.CustomResource):
    """A resource that a handler looks after. Subclasses name their type ``kind`` and their ``outputs``."""

    kind: ClassVar[str]
    outputs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = properties(args)
        # A property that is given as None is what makes the SDK expect it as an output.
        super().__init__(self.kind, name, {**dict.fromkeys(self.outputs), **inputs}, opts)


class Component(pulumi.ComponentResource):
    """A group of nouns. Its children get ``self.child()`` as options; ``register_outputs`` comes last."""

    kind: ClassVar[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.kind, name, {}, opts)

    def child(self, **options: Json) -> pulumi.ResourceOptions:
        """Options of a child: ``parent=self`` and whatever else is given."""
        return pulumi.ResourceOptions(parent=self, **options)
