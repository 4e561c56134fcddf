"""Secrets by reference: ``env:NAME``, ``file:PATH`` (relative to the cluster file), ``state:NAME``.

A reference may be printed, stored and compared; its value may not. :func:`resolve` turns the one into the
other at the last moment, and :class:`Secret` refuses every way by which a value slips into a log by accident.

``state:NAME`` is ``<state>/secrets/NAME``, mode 0600, made when it is first needed: a random password, an
OpenSSH private key where the name ends in ``ssh-key``, or 32 random bytes in base64 where it ends in
``encryption-key``. A certificate authority or a kubeconfig cannot be made up: it must be there.
"""

from __future__ import annotations

import base64
import os
import secrets as random_secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from rackwright.errors import UsageError
from rackwright.keypair import new_pair, public_key

PASSWORD_BYTES = 24
KEY_BYTES = 32
"""Of a key that encrypts (secretbox)."""
MEMORY = Path("/dev/shm")  # noqa: S108 - tmpfs: a key that is handed to a program must never reach a disk


class Secret:
    """A value that does not print, compare, pickle or turn into JSON.

    >>> str(Secret("state:bmc-password", "hunter2"))
    '<secret state:bmc-password>'
    """

    __slots__ = ("_value", "ref")

    def __init__(self, ref: str, value: str) -> None:
        self.ref = ref
        self._value = value

    def reveal(self) -> str:
        """The value itself; call it where it is used and nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return f"<secret {self.ref}>"

    def __eq__(self, other: object) -> bool:
        raise TypeError("secrets are not compared")

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")


def write_once(path: Path, text: str, mode: int = 0o600) -> bool:
    """Create a file whole or not at all; False when another process was first, whose content then stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.link(name, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(name)
    return True


def _made(path: Path) -> None:
    """Make a state secret that is missing."""
    if path.name.endswith("ca"):
        raise UsageError(
            f"state:{path.name}: {path} does not exist; put the authority's certificate (PEM) there"
        )
    if path.name.endswith("kubeconfig"):
        raise UsageError(
            f"state:{path.name}: {path} does not exist; role kubernetes leaves it there once the "
            "control plane runs, or put the kubeconfig of a cluster of your own there"
        )
    if path.name.endswith("ssh-key"):
        private, _ = new_pair("rackwright")
        write_once(path, private)
        return
    if path.name.endswith("encryption-key"):
        write_once(path, base64.b64encode(random_secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        return
    write_once(path, random_secrets.token_urlsafe(PASSWORD_BYTES) + "\n")


def path_of(ref: str, cluster_file: Path, state: Path) -> Path | None:
    """The file behind a reference, made when it is a state secret that is missing; None for ``env:``.

    :raises UsageError: it is not there and cannot be made.
    """
    scheme, _, name = ref.partition(":")
    if scheme == "env":
        return None
    if scheme == "file":
        path = cluster_file.parent / name
    elif scheme == "state" and name and "/" not in name:
        path = state / "secrets" / name
        if not path.exists():
            _made(path)
    else:
        raise UsageError(f"{ref}: not a secret reference; write env:NAME, file:PATH or state:NAME")
    if not path.is_file():
        raise UsageError(f"{ref}: {path} does not exist")
    return path


def resolve(ref: str, cluster_file: Path, state: Path) -> Secret:
    """The value behind a reference, without the newline at its end.

    :raises UsageError: nothing is there.
    """
    path = path_of(ref, cluster_file, state)
    if path is not None:
        try:
            return Secret(ref, path.read_text(encoding="utf-8").rstrip("\n"))
        except (OSError, UnicodeDecodeError) as problem:
            raise UsageError(f"{ref}: cannot be read: {type(problem).__name__}") from problem
    value = os.environ.get(ref.removeprefix("env:"))
    if not value:
        raise UsageError(f"{ref}: the environment variable is not set")
    return Secret(ref, value)


def authorized_key(ref: str, cluster_file: Path, state: Path) -> str:
    """The public half of the user's SSH key, as a line for ``authorized_keys``. Not a secret."""
    with as_file(ref, cluster_file, state) as path:
        return f"{public_key(path)} rackwright"


@contextmanager
def as_file(ref: str, cluster_file: Path, state: Path) -> Iterator[Path]:
    """A file that holds the value, for programs that take nothing else: its own, or one in memory for env."""
    path = path_of(ref, cluster_file, state)
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="rackwright-") as folder:
        copy = Path(folder) / "secret"
        copy.touch(mode=0o600)
        copy.write_text(resolve(ref, cluster_file, state).reveal().rstrip("\n") + "\n", encoding="utf-8")
        yield copy
