"""Where things lie: the product's tables and templates, a cluster's state, the cache.

=====================  =========================================================================
``home()``             the checkout (catalog/, network-planes/, roles/, stacks/, tests/nodes/)
``state_dir(name)``    ``$RACKWRIGHT_STATE`` or ``$XDG_STATE_HOME/rackwright``, then the cluster; mode 0700
``cache_dir()``        ``$RACKWRIGHT_CACHE`` or ``$XDG_CACHE_HOME/rackwright``; may be deleted at any time
=====================  =========================================================================
"""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The directory that holds ``catalog/``; ``$RACKWRIGHT_HOME`` overrides it."""
    override = os.environ.get("RACKWRIGHT_HOME")
    return Path(override) if override else Path(__file__).resolve().parents[2]


def inventories() -> Path:
    """Where a bare cluster name is looked up."""
    return home() / "inventories"


def _xdg(variable: str, xdg: str, fallback: str) -> Path:
    own = os.environ.get(variable)
    if own:
        return Path(own)
    base = os.environ.get(xdg)
    return (Path(base) if base else Path.home() / fallback) / "rackwright"


def state_dir(cluster: str) -> Path:
    """Private state of one cluster (engine state, keys, known_hosts, records); made with mode 0700."""
    path = _xdg("RACKWRIGHT_STATE", "XDG_STATE_HOME", ".local/state") / cluster
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def cache_dir() -> Path:
    """Downloads and the lab's root image; safe to delete."""
    path = _xdg("RACKWRIGHT_CACHE", "XDG_CACHE_HOME", ".cache")
    path.mkdir(parents=True, exist_ok=True)
    return path
