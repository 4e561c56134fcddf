"""Host: the pictures of a server's NICs, from the script that sets them, its port files and nccl.conf."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rackwright.qos.walk.nic_tools import NicText
from rackwright.qos.walk.picture import Host
from rackwright.qos.walk.shell import commands

_PORT_FILE = re.compile(r"^/etc/systemd/network/[^/]+\.network$")
_NCCL = ("/etc/nccl.conf", "/etc/rccl.conf")


def host(files: Mapping[str, str], interfaces: Mapping[str, str | None]) -> Host:
    """A server's picture.

    :param files: absolute path to text; scripts are the files that end in ``.sh``.
    :param interfaces: interface to RDMA device, as cabled.
    """
    made = Host()
    texts = {name: NicText(rdma) for name, rdma in interfaces.items()}
    for path, text in sorted(files.items()):
        if path.endswith(".sh"):
            for words in commands(text):
                _apply(words, texts)
    mtus = _mtus(files)
    for name, text_of in texts.items():
        made.nics[name] = text_of.nic(mtus.get(name))
    for path in _NCCL:
        if path in files:
            made.nccl, made.nccl_path = nccl(files[path]), path
    return made


def nccl(text: str) -> dict[str, str]:
    """As NCCL's own parser reads it: split at the first equals sign, the first setting of a key wins."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values.setdefault(key, value)
    return values


def _apply(words: list[str], texts: Mapping[str, NicText]) -> None:
    """Hand a command to the ports that it is about."""
    about = [text for name, text in texts.items() if _names(words, name, text.rdma)]
    if words[0] == "nicctl" and not about:  # a card's command names no port
        about = list(texts.values())
    for text in about:
        text.take(words)


def _names(words: list[str], name: str, rdma: str | None) -> bool:
    """Whether a command has the interface or the device as a word, or as a part of a path."""
    wanted = {name, rdma}
    return any(part in wanted for word in words for part in (word, *word.split("/")))


def _mtus(files: Mapping[str, str]) -> dict[str, int]:
    """MTU by interface, from networkd's files; as networkd reads them, the first file by name wins."""
    found: dict[str, int] = {}
    for path in sorted(files):
        if not _PORT_FILE.match(path):
            continue
        name = re.search(r"(?m)^Name=(\S+)$", files[path])
        mtu = re.search(r"(?m)^MTUBytes=(\d+)$", files[path])
        if name and mtu:
            found.setdefault(name[1], int(mtu[1]))
    return found
