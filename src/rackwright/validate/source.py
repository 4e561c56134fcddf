"""Source: where the files to be validated come from: rendered when asked for, or a folder."""

from __future__ import annotations

from pathlib import Path

from rackwright.errors import UsageError
from rackwright.models.design import Design
from rackwright.render.build import Files
from rackwright.render.parts import Part, items
from rackwright.render.wiring import Wiring


class _Asked(dict[str, dict[str, str]]):
    """Devices, each rendered when its name is asked for; its site files are put into ``site``."""

    def __init__(self, design: Design, site: dict[str, str]) -> None:
        super().__init__()
        self._design, self._wiring, self._site = design, Wiring.of(design), site
        servers = {each.name: Part("servers", at, at + 1) for at, each in enumerate(design.servers)}
        switches = {each.name: Part("switches", at, at + 1) for at, each in enumerate(design.switches)}
        self._places = {**servers, **switches}

    def __missing__(self, name: str) -> dict[str, str]:
        made: dict[str, str] = {}
        for device, path, content in items(self._places[name], self._design, self._wiring):
            if isinstance(content, str):
                (self._site if device is None else made)[path] = content
        self[name] = made
        return made

    def get(self, name: str, default: object = None) -> dict[str, str]:
        return self[name] if name in self._places else {}


def asked(design: Design) -> Files:
    """For validators that look at a few devices only (``sparse``): a hundred thousand GPUs in seconds."""
    site: dict[str, str] = {}
    return Files(_Asked(design, site), site)


def folder(path: Path) -> Files:
    """A folder as ``rackwright render`` writes it, with whatever was edited in it.

    :raises UsageError: there is no such folder, or nothing of ours in it.
    """
    if not (path / "devices").is_dir():
        raise UsageError(f"{path} has no devices/; write one with rackwright render CLUSTER --out {path}")
    made = Files({}, {}, (), {})
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        relative = file.relative_to(path)
        content = file.read_bytes()
        try:
            text = content.decode()
        except UnicodeDecodeError:
            made.binary[str(relative)] = content
            continue
        if relative.parts[0] == "devices" and len(relative.parts) > 2:
            made.devices.setdefault(relative.parts[1], {})["/" + "/".join(relative.parts[2:])] = text
        else:
            made.site[str(relative)] = text
    return made
