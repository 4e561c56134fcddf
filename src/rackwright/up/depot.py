"""Where machines fetch from: the artifact depot of the design."""

from __future__ import annotations

from rackwright.locks import load_lock
from rackwright.models.design import Design

PORT = 8480


def url(design: Design) -> str:
    """``depot.url`` of the cluster file, else the depot address of the management plane."""
    return (design.spec.depot.url or f"http://{design.depot.ip}:{PORT}").rstrip("/")


def image_url(design: Design) -> str:
    """Manifest of the image that the host lock names."""
    return f"{url(design)}/images/{load_lock(design.spec.lock).image}.json"
