"""sushy-tools' Redfish application, with the lab's drivers and the details that it leaves out.

The application is a module-level object; its drivers are cached properties. They are replaced on a
subclass, and three things are added: the serial number and model of the system, HTTP boot that is fetched
at boot (sushy-tools fetches it as a CD image when it is set), and overrides that hold for one boot only.
"""

from __future__ import annotations

import json
from typing import Any

import flask
from sushy_tools.emulator import main as emulator

from rackwright.lab.bmc.driver import Chassis, Media, Systems

SYSTEM = "system_resource"


def application(chassis: Chassis) -> Any:  # noqa: ANN401 - flask has no types here
    """The WSGI application for all BMCs of a lab; :data:`driver.current` says which one is asked."""
    systems, media = Systems(chassis), Media(chassis)

    class Application(emulator.Application):  # type: ignore[misc]
        @property
        def systems(self) -> Systems:
            return systems

        @property
        def vmedia(self) -> Media:
            return media

    app = emulator.app
    app.__class__ = Application
    stock = app.view_functions[SYSTEM]
    app.view_functions[SYSTEM] = lambda identity: _patch_boot(chassis, identity, stock)
    app.after_request(lambda response: _complete(chassis, response))
    return app


def _patch_boot(chassis: Chassis, identity: str, stock: Any) -> Any:  # noqa: ANN401
    """Boot overrides to UefiHttp, and how long any override holds."""
    boot = flask.request.get_json(silent=True) if flask.request.method == "PATCH" else None
    wanted = boot.get("Boot") if isinstance(boot, dict) else None
    if not isinstance(wanted, dict):
        return stock(identity=identity)
    chassis.here(identity)
    memory = chassis.memory()
    with memory.lock:
        enabled = wanted.get("BootSourceOverrideEnabled")
        if wanted.get("BootSourceOverrideTarget") == "UefiHttp":
            uri = wanted.get("HttpBootUri")
            if not isinstance(uri, str) or not uri:
                return flask.Response("UefiHttp needs HttpBootUri", status=400)
            memory.boot_target, memory.http_uri = "UefiHttp", uri
            memory.boot_once = enabled != "Continuous"
            memory.save()
            return "", 204
        answer = stock(identity=identity)
        if enabled == "Disabled":
            memory.boot_target, memory.http_uri = "Hdd", ""
        memory.boot_once = enabled == "Once"
        memory.save()
    return answer


def _complete(chassis: Chassis, response: Any) -> Any:  # noqa: ANN401
    """Add what sushy-tools' template of a system leaves out."""
    if flask.request.endpoint != SYSTEM or flask.request.method != "GET" or response.status_code != 200:
        return response
    document = json.loads(response.get_data())
    bmc, memory = chassis.here(), chassis.memory()
    document |= {
        "SerialNumber": bmc.serial,
        "Model": bmc.model,
        "Manufacturer": "simulated",
        "HostName": bmc.server,
    }
    boot = document.setdefault("Boot", {})
    boot["BootSourceOverrideEnabled"] = (
        "Once" if memory.boot_once else "Disabled" if memory.boot_target == "Hdd" else "Continuous"
    )
    response.set_data(json.dumps(document))
    return response
