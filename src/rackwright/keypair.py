"""Ed25519 key pairs in OpenSSH's format."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519


def new_pair(comment: str) -> tuple[str, str]:
    """A fresh ed25519 pair in OpenSSH's format: (private, public)."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    return private.decode(), f"{_public(key)} {comment}\n"


def _public(key: ed25519.Ed25519PrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )


def public_key(private: Path) -> str:
    """``ssh-ed25519 AAAA...`` of a private key file, from its private half: a ``.pub`` beside it may lie."""
    key = serialization.load_ssh_private_key(private.read_bytes(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )
