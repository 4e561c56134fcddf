"""One server and everything that its roles' variables are derived from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rackwright.locks import HostLock, LockRow
from rackwright.models.design import Design, Server
from rackwright.models.tables import GpuModel, ServerSku, Tables
from rackwright.render.build import Files


@dataclass(frozen=True, slots=True)
class About:
    """A server of a design, with the tables, the host lock and the rendered files that concern it."""

    server: Server
    design: Design
    tables: Tables
    lock: HostLock
    files: Files | None = None
    """None: only which roles the server gets is asked, not with which values."""

    @property
    def sku(self) -> ServerSku:
        return self.tables.servers[self.server.sku]

    @property
    def gpu(self) -> GpuModel | None:
        """The server's GPU model; None where it has no GPU."""
        name = self.sku.gpu
        return self.tables.gpus[name] if name and self.server.gpus else None

    @property
    def vendor(self) -> str | None:
        """Who makes the server's GPUs; None where it has none."""
        return self.gpu.vendor if self.gpu else None

    @property
    def rdma(self) -> tuple[str, ...]:
        """RDMA devices of the server's ports on the compute plane."""
        return tuple(nic.rdma for nic in self.server.on("compute") if nic.rdma and nic.parent is None)

    @property
    def rendered(self) -> Mapping[str, str]:
        """The server's own files, absolute path to text."""
        if self.files is None:
            raise ValueError("nothing was rendered")
        return self.files.devices[self.server.name]

    @property
    def site(self) -> Mapping[str, str]:
        """Files of the site, by path."""
        if self.files is None:
            raise ValueError("nothing was rendered")
        return self.files.site

    @property
    def expected(self) -> Mapping[str, Any]:
        """What a check expects of the server."""
        found: Mapping[str, Any] = json.loads(self.site[f"expectations/{self.server.name}.json"])
        return found

    def row(self, name: str) -> LockRow | None:
        """A row of the host lock, where it has one."""
        return self.lock.rows.get(name)

    def has(self, *rows: str) -> bool:
        """Whether the host lock has all these rows."""
        return all(row in self.lock.rows for row in rows)
