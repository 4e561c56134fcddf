"""World: the devices of a RoCE fabric as pictures, each read from its text when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from rackwright.models.design import Design, Server, Switch
from rackwright.models.design import End as CableEnd
from rackwright.models.spec import Nos
from rackwright.qos.walk.blame import Wrong
from rackwright.qos.walk.follow import End
from rackwright.qos.walk.host import host
from rackwright.qos.walk.picture import Host
from rackwright.qos.walk.picture import Switch as SwitchPicture
from rackwright.render.wiring import Wiring

Texts = Callable[[str], Mapping[str, str]]
"""A device's files: absolute path to text; empty where there are none."""
_READERS: dict[Nos, str] = {
    "sonic": "rackwright.qos.walk.sonic",
    "cumulus": "rackwright.qos.walk.nvue",
    "eos": "rackwright.qos.walk.eos",
}
NO_QOS: dict[Nos, str] = {"frr": "Linux forwards these ports, and has neither PFC nor ECN thresholds to set"}
"""Operating systems that cannot carry the contract, with the reason."""


@dataclass(slots=True)
class World:
    """What the walk looks at."""

    design: Design
    wiring: Wiring
    texts: Texts
    buffers: Mapping[str, int]
    """Bytes by switch model, where they are public."""
    broken: list[Wrong] = field(default_factory=list)
    """Files that are missing or cannot be read."""
    _hosts: dict[str, Host] = field(default_factory=dict)
    _switches: dict[str, SwitchPicture | None] = field(default_factory=dict)
    _speeds: dict[str, dict[str, int]] = field(default_factory=dict)

    def host(self, server: Server) -> Host:
        """A server's picture."""
        if server.name not in self._hosts:
            files = self.texts(server.name)
            names = {nic.name: nic.rdma for nic in server.on("compute") if nic.parent is None}
            try:
                made = host(files, names)
            except (ValueError, KeyError, IndexError) as problem:
                self.broken.append(_broken(server.name, "the RoCE script", problem))
                made = host({}, names)
            if not any(path.endswith(".sh") for path in files):
                self.broken.append(Wrong(server.name, "", "syntax", "no RoCE script", "one"))
            self._hosts[server.name] = made
        return self._hosts[server.name]

    def switch(self, switch: Switch) -> SwitchPicture | None:
        """A switch's picture; None where its operating system has none or its files are not there."""
        if switch.name not in self._switches:
            self._switches[switch.name] = self._read(switch)
        return self._switches[switch.name]

    def _read(self, switch: Switch) -> SwitchPicture | None:
        if switch.nos in NO_QOS:
            return None
        reader = import_module(_READERS[switch.nos])
        files = self.texts(switch.name)
        if reader.PATH not in files:
            self.broken.append(Wrong(switch.name, "", "syntax", f"no {reader.PATH}", "one"))
            return None
        try:
            made: SwitchPicture = reader.switch(files)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
            self.broken.append(_broken(switch.name, reader.PATH, problem))
            return None
        return made

    def has_read(self, device: str) -> bool:
        """Whether a device was looked at already."""
        return device in self._hosts or device in self._switches

    def end(self, device: str, name: str) -> End | None:
        """A port as the walk sees it; None where there is no picture."""
        metres = self.wiring.metres.get(CableEnd(device, name))
        server = self.wiring.servers.get(device)
        if server is not None:
            cabled = next((nic for nic in server.nics if nic.name == name), None)
            nic = self.host(server).nics.get(name)
            if nic is None or cabled is None:
                return None
            return End(device, name, nic.port, nic, cabled.speed_gbps, metres)
        switch = self.wiring.switches.get(device)
        picture = self.switch(switch) if switch is not None else None
        if switch is None or picture is None:
            return None
        if device not in self._speeds:
            self._speeds[device] = {port.name: port.speed_gbps for port in switch.ports}
        speed = self._speeds[device].get(name, 0)
        if name not in picture.ports:
            self.broken.append(Wrong(device, name, "syntax", "no such port", f"it in {picture.path}"))
            return None
        return End(device, name, picture.ports[name], None, speed, metres, self.buffers.get(switch.model))


def _broken(device: str, what: str, problem: Exception) -> Wrong:
    found = f"{what} that cannot be read: {type(problem).__name__}: {problem}"
    return Wrong(device, "", "syntax", found, "text that this reader understands")
