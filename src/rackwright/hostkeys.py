"""SSH host keys that are known before the first boot, so that no first contact is taken on trust.

``<state>/hostkeys/<name>`` (and ``.pub``) is the ed25519 key that a device gets with its seed or its
factory boot; ``<state>/known_hosts`` pins it to the device's name and addresses, in OpenSSH's own format.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rackwright.keypair import new_pair, public_key
from rackwright.secrets import write_once


def ensure(state: Path, name: str) -> Path:
    """The private host key of a device, made once; two runs at a time agree on one key."""
    path = state / "hostkeys" / name
    if not path.exists():
        private, _ = new_pair(name)
        write_once(path, private)
    public = path.with_name(f"{name}.pub")
    if not public.exists():
        write_once(public, f"{public_key(path)} {name}\n", mode=0o644)
    return path


def known_hosts(state: Path) -> Path:
    """The file of pinned keys; there, if empty, so that programs may be pointed at it."""
    path = state / "known_hosts"
    if not path.exists():
        write_once(path, "")
    return path


def pin(state: Path, name: str, addresses: Iterable[str]) -> None:
    """Pin one device's key to its name and addresses."""
    pin_all(state, {name: tuple(addresses)})


def pin_all(state: Path, devices: Mapping[str, Iterable[str]]) -> None:
    """Pin many at once. A line that named one of these devices or addresses is replaced; others stay."""
    path = known_hosts(state)
    wanted = {
        name: f"{','.join((name, *addresses))} {public_key(ensure(state, name))}"
        for name, addresses in devices.items()
    }
    taken = {host for line in wanted.values() for host in line.split(" ", 1)[0].split(",")}
    with _locked(state):
        old = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in old if not taken & set(line.split(" ", 1)[0].split(","))]
        text = "".join(f"{line}\n" for line in sorted([*kept, *wanted.values()]))
        if text == "".join(f"{line}\n" for line in old):
            return
        handle, temporary = tempfile.mkstemp(dir=state, prefix=".known_hosts.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    """One writer of known_hosts at a time; the kernel frees the lock of a process that dies."""
    with open(state / ".known_hosts.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
