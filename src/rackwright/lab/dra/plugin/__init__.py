"""The plugin: a Go module, one binary that serves one driver (``--driver``) per process."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Of go.mod and go.sum; package main."""
PACKAGE = "."
