"""dcgm-exporter: a small HTTP server that gives the record as DCGM metrics in Prometheus' text format."""

from __future__ import annotations

import http.server
import socket
import sys
from collections.abc import Iterator
from typing import Any

from . import gpu as device
from . import record

METRICS = (
    ("DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock frequency (in MHz)."),
    ("DCGM_FI_DEV_MEM_CLOCK", "gauge", "Memory clock frequency (in MHz)."),
    ("DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature (in C)."),
    ("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw (in W)."),
    ("DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization (in %)."),
    ("DCGM_FI_DEV_FB_USED", "gauge", "Framebuffer memory used (in MiB)."),
    ("DCGM_FI_DEV_FB_FREE", "gauge", "Framebuffer memory free (in MiB)."),
    ("DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "counter", "Total number of single-bit volatile ECC errors."),
    ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "Total number of double-bit volatile ECC errors."),
    ("DCGM_FI_DEV_ROW_REMAP_PENDING", "gauge", "Whether remapping of rows is pending."),
    ("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether remapping of rows has failed."),
    ("DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last XID error encountered."),
)


def values(gpu: dict[str, Any], data: dict[str, Any]) -> dict[str, float]:
    """One GPU's figures by metric."""
    idle, found = device.IDLE, device.ecc(gpu, data)
    xids = {"uncorrected": 94.0 * bool(found["uncorrected"]), "failure": 64.0 * found["failure"]}
    return {
        "DCGM_FI_DEV_SM_CLOCK": idle["sm_clock"],
        "DCGM_FI_DEV_MEM_CLOCK": idle["memory_clock"],
        "DCGM_FI_DEV_GPU_TEMP": idle["temperature"],
        "DCGM_FI_DEV_POWER_USAGE": idle["power"],
        "DCGM_FI_DEV_GPU_UTIL": 0,
        "DCGM_FI_DEV_FB_USED": 0,
        "DCGM_FI_DEV_FB_FREE": gpu["memory_mib"],
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL": found["corrected"],
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": found["uncorrected"],
        "DCGM_FI_DEV_ROW_REMAP_PENDING": found["pending"],
        "DCGM_FI_DEV_ROW_REMAP_FAILURE": found["failure"],
        "DCGM_FI_DEV_XID_ERRORS": xids["failure"] or xids["uncorrected"],
    }


def text(data: dict[str, Any]) -> str:
    """Everything, as it is scraped; every sample is labelled as simulated."""
    driver = record.library("libnvidia-ml.so.1") or "unknown"
    gpus = record.answering(data) if record.loaded_module(data) == driver else []
    return "".join(_lines(gpus, data, driver))


def _lines(gpus: list[dict[str, Any]], data: dict[str, Any], driver: str) -> Iterator[str]:
    host = socket.gethostname()
    for name, kind, words in METRICS:
        yield f"# HELP {name} {words}\n# TYPE {name} {kind}\n"
        for gpu in gpus:
            labels = {
                "gpu": gpu["index"],
                "UUID": gpu["uuid"],
                "pci_bus_id": device.bus_id(gpu),
                "device": f"nvidia{gpu['index']}",
                "modelName": gpu["name"],
                "Hostname": host,
                "DCGM_FI_DRIVER_VERSION": driver,
                "simulated": "true",
            }
            said = ",".join(f'{key}="{value}"' for key, value in labels.items())
            yield f"{name}{{{said}}} {values(gpu, data)[name]:g}\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """``/metrics`` and ``/health``; every scrape reads the record anew."""

    def do_GET(self) -> None:
        if self.path not in {"/metrics", "/health"}:
            self.send_error(404)
            return
        body = (text(record.load()) if self.path == "/metrics" else "OK\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not logged."""


def main(arguments: list[str]) -> int:
    """``-a``, ``--address``: where to listen (``:9400``)."""
    if "--version" in arguments or "-v" in arguments:
        print(f"DCGM Exporter version {record.installed('dcgm_exporter')}")
        return 0
    named = [arguments[n + 1] for n, word in enumerate(arguments[:-1]) if word in {"-a", "--address"}]
    named += [word.partition("=")[2] for word in arguments if word.startswith("--address=")]
    host, _, port = (named or [":9400"])[0].rpartition(":")
    try:
        server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    except OSError as problem:
        print(f"dcgm-exporter: {host}:{port}: {problem}", file=sys.stderr)
        return 1
    server.serve_forever()
    return 0
