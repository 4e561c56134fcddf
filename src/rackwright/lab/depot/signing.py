"""The depot's OpenPGP key, made once for each cache, and signatures with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rackwright.lab.command import run
from rackwright.secrets import write_once

IDENTITY = "rackwright lab depot <depot@lab.invalid>"
BATCH = ("gpg", "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")


@contextmanager
def _keyring() -> Iterator[list[str]]:
    """A keyring in a short path (gpg-agent's socket lies in it) that ends with its agent."""
    with tempfile.TemporaryDirectory(prefix="rwgpg") as home:
        try:
            yield [BATCH[0], "--homedir", home, *BATCH[1:]]
        finally:
            run(["gpgconf", "--homedir", home, "--kill", "all"], "end gpg-agent", timeout=20)


def _secret(cache: Path) -> Path:
    path = cache / "lab" / "depot-key.secret.asc"
    if not path.exists():
        with _keyring() as gpg:
            run(
                [*gpg, "--quick-generate-key", IDENTITY, "ed25519", "sign", "never"],
                "make the depot's key",
                timeout=60,
            )
            secret = run([*gpg, "--armor", "--export-secret-keys"], "keep the depot's key", timeout=30)
        write_once(path, secret)
    return path


def public_key(cache: Path) -> str:
    """The armoured public key, for ``signed-by``."""
    path = cache / "lab" / "depot-key.asc"
    if not path.exists():
        secret = _secret(cache)
        with _keyring() as gpg:
            run([*gpg, "--import", str(secret)], "read the depot's key", timeout=30)
            text = run([*gpg, "--armor", "--export"], "publish the depot's key", timeout=30)
        write_once(path, text, mode=0o644)
    return path.read_text()


def sign(cache: Path, dist: Path) -> None:
    """Sign ``Release`` in a distribution's folder: ``InRelease`` and ``Release.gpg``."""
    release = str(dist / "Release")
    with _keyring() as gpg:
        run([*gpg, "--import", str(_secret(cache))], "read the depot's key", timeout=30)
        run([*gpg, "--clearsign", "--output", str(dist / "InRelease"), release], "sign the depot", timeout=30)
        run(
            [*gpg, "--detach-sign", "--armor", "--output", str(dist / "Release.gpg"), release],
            "sign the depot",
            timeout=30,
        )
