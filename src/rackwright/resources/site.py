"""Where a resource belongs: the inputs ``site`` and ``access`` that each carries, and the doors they open.

``site`` is ``{"cluster": name, "file": path of the cluster file}``, ``access`` names users and *references*
to secrets. Both say how to get at a thing, not what it is: :func:`diff` leaves them out, so that moving a
checkout or rotating a key changes no resource.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from rackwright import hostkeys, paths, secrets
from rackwright.models.spec import ClusterSpec
from rackwright.resources.handler import Diff, Props, property_diff
from rackwright.ssh import Door, Session, connect

WAYS_IN = frozenset({"site", "access"})


def of(spec: ClusterSpec, file: Path) -> dict[str, Any]:
    """The two inputs, for a stack program."""
    return {
        "site": {"cluster": spec.cluster, "file": str(file.resolve())},
        "access": spec.access.model_dump(exclude_none=True),
    }


def cluster_file(inputs: Props) -> Path:
    return Path(inputs["site"]["file"])


def state(inputs: Props) -> Path:
    return paths.state_dir(inputs["site"]["cluster"])


def secret(inputs: Props, what: str) -> secrets.Secret:
    """The value behind ``access.<what>``, at the moment of use."""
    return secrets.resolve(inputs["access"][what], cluster_file(inputs), state(inputs))


@contextmanager
def secret_file(inputs: Props, what: str) -> Iterator[Path]:
    """A file with the value behind ``access.<what>``."""
    with secrets.as_file(inputs["access"][what], cluster_file(inputs), state(inputs)) as path:
        yield path


@contextmanager
def door(inputs: Props, name: str, address: str) -> Iterator[Door]:
    """The SSH door of one device. ``inputs["port"]`` is only set where SSH does not listen on 22."""
    with secret_file(inputs, "ssh_key") as key:
        yield Door(
            name=name,
            address=address.partition("/")[0],
            user=inputs["access"]["ssh_user"],
            key=key,
            known_hosts=hostkeys.known_hosts(state(inputs)),
            port=int(inputs.get("port", 22)),
        )


@asynccontextmanager
async def session(inputs: Props) -> AsyncIterator[Session]:
    """An SSH connection to the device that ``name`` and ``address`` among the inputs say."""
    with door(inputs, inputs["name"], inputs["address"]) as way:
        async with connect(way) as opened:
            yield opened


def diff(old: Props, new: Props, replace: frozenset[str] = frozenset()) -> Diff:
    """Property by property, without the ways in."""
    return property_diff(
        {key: value for key, value in old.items() if key not in WAYS_IN},
        {key: value for key, value in new.items() if key not in WAYS_IN},
        replace,
    )


def missing(inputs: Props, *names: str) -> list[tuple[str, str]]:
    """Inputs that are not there, as problems."""
    return [(name, "is missing") for name in (*names, *sorted(WAYS_IN)) if name not in inputs]
