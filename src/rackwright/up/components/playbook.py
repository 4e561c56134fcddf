"""Playbook: roles for one group of one shard, as a resource that later layers can wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.models.design import Server
from rackwright.provider.sdk import Noun
from rackwright.resources.playbook_digest import digest


@dataclass(frozen=True)
class PlaybookArgs:
    """Inputs of a playbook run."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    name: str
    group: str
    hosts: Sequence[str]
    roles: Sequence[str]
    digest: str
    """Of the roles and of everything that the hosts' variables hold."""


@dataclass(frozen=True)
class Play:
    """What all playbooks of a stack share."""

    shard: str
    ways_in: Mapping[str, Any]


class Playbook(Noun):
    """Roles that ran on a group; ``results`` by host."""

    kind = "rackwright:platform:Playbook"
    outputs = ("results",)

    @classmethod
    def of(
        cls,
        what: str,
        group: str,
        members: Sequence[Server],
        roles: Sequence[str],
        play: Play,
        options: pulumi.ResourceOptions,
    ) -> Playbook:
        """The playbook ``<what>-<group>-<shard>``."""
        name, hosts = f"{what}-{group}-{play.shard}", [server.name for server in members]
        args = PlaybookArgs(
            **play.ways_in,
            name=name,
            group=group,
            hosts=hosts,
            roles=list(roles),
            digest=digest(play.ways_in["site"]["file"], hosts, roles),
        )
        return cls(name, args, options)
