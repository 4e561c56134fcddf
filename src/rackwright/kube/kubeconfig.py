"""A kubeconfig behind a reference, as the official client takes it; keys inside it never reach a disk.

The client wants certificates and keys as files and would leave them in the system's temporary folder. Here
they lie in memory, for as long as it takes to read them.
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from rackwright import secrets
from rackwright.errors import UsageError
from rackwright.resources import site
from rackwright.resources.handler import Props

_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
HINT = "write access.kubeconfig in the cluster file: file:PATH, state:kubeconfig or env:NAME"


@contextmanager
def loaded(inputs: Props) -> Iterator[tuple[dict[str, Any], Path]]:
    """The kubeconfig with its keys in files, and the folder that holds them.

    :raises UsageError: there is none, or it is no kubeconfig. What it holds is never shown.
    """
    ref = inputs["access"].get("kubeconfig")
    if not ref:
        raise UsageError(f"no kubeconfig: {HINT}")
    text = site.secret(inputs, "kubeconfig").reveal()
    at = secrets.path_of(ref, site.cluster_file(inputs), site.state(inputs))
    memory = secrets.MEMORY if secrets.MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory, prefix="rackwright-") as folder:
        try:
            config = yaml.safe_load(text)
            for kind in ("clusters", "users", "contexts"):
                for entry in config[kind]:
                    _in_files(entry[kind[:-1]], at.parent if at else Path.cwd(), Path(folder))
            if not config.get("current-context"):
                raise KeyError("current-context")
        except (yaml.YAMLError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            what = error.args[0] if isinstance(error, KeyError) else type(error).__name__
            raise UsageError(f"{ref}: not a kubeconfig ({what}); its content is not shown") from None
        yield config, Path(folder)


def _in_files(entry: dict[str, Any], beside: Path, folder: Path) -> None:
    """Turn ``<key>-data`` into a file, and a relative path into an absolute one."""
    for key in _FILES:
        if data := entry.pop(f"{key}-data", None):
            path = folder / f"{len(list(folder.iterdir()))}"
            path.touch(mode=0o600)
            path.write_bytes(base64.b64decode(data, validate=True))
            entry[key] = str(path)
        elif entry.get(key):
            entry[key] = str(beside / entry[key])
