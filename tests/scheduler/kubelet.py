"""A kubelet as a DRA driver sees one: it finds the driver by its registration socket and asks it for claims.

The messages are those of k8s.io/kubelet's pkg/apis/dra/v1 and pkg/apis/pluginregistration/v1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SECONDS = 20
DRA = "k8s.io.kubelet.pkg.apis.dra.v1"
PLUGIN = "pluginregistration"
TEXT, TEXTS, FLAG = "text", "texts", "flag"
MESSAGES: dict[str, dict[str, dict[str, str]]] = {
    DRA: {
        "Claim": {"namespace": TEXT, "uid": TEXT, "name": TEXT},
        "Claims": {"claims": "*Claim"},
        "Device": {"request_names": TEXTS, "pool_name": TEXT, "device_name": TEXT, "cdi_device_ids": TEXTS},
        "Prepared": {"devices": "*Device", "error": TEXT},
        "PreparedEntry": {"key": TEXT, "value": "Prepared"},
        "PreparedClaims": {"claims": "*PreparedEntry"},
        "Unprepared": {"error": TEXT},
        "UnpreparedEntry": {"key": TEXT, "value": "Unprepared"},
        "UnpreparedClaims": {"claims": "*UnpreparedEntry"},
    },
    PLUGIN: {
        "InfoRequest": {},
        "PluginInfo": {"type": TEXT, "name": TEXT, "endpoint": TEXT, "supported_versions": TEXTS},
        "RegistrationStatus": {"plugin_registered": FLAG, "error": TEXT},
        "RegistrationStatusResponse": {},
    },
}
"""Field names in the order of their numbers. On the wire a map is a repeated entry of key and value."""


def _classes(package: str) -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES[package].items():
        message = file.message_type.add(name=name)
        for number, (title, kind) in enumerate(fields.items(), 1):
            many = kind == TEXTS or kind.startswith("*")
            made = message.field.add(name=title, number=number)
            made.label = field.LABEL_REPEATED if many else field.LABEL_OPTIONAL
            made.type = {TEXT: field.TYPE_STRING, TEXTS: field.TYPE_STRING, FLAG: field.TYPE_BOOL}.get(
                kind, field.TYPE_MESSAGE
            )
            if made.type == field.TYPE_MESSAGE:
                made.type_name = f".{package}.{kind.lstrip('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in MESSAGES[package]
    }


TYPES = {package: _classes(package) for package in MESSAGES}


@dataclass(frozen=True)
class Answer:
    """Of one claim."""

    error: str
    devices: dict[str, list[str]]
    """CDI device names by device."""


@dataclass(frozen=True)
class Kubelet:
    registry: Path
    """The folder of registration sockets."""

    def find(self, driver: str) -> Path:
        """The driver's own socket, as it says when it is asked; tells it that it is registered."""
        with grpc.insecure_channel(f"unix://{self.registry}/{driver}-reg.sock") as channel:
            info = _call(
                channel, PLUGIN, "Registration/GetInfo", TYPES[PLUGIN]["InfoRequest"](), "PluginInfo"
            )
            assert (info.type, info.name) == ("DRAPlugin", driver)
            assert "v1.DRAPlugin" in info.supported_versions
            status = TYPES[PLUGIN]["RegistrationStatus"](plugin_registered=True)
            _call(
                channel, PLUGIN, "Registration/NotifyRegistrationStatus", status, "RegistrationStatusResponse"
            )
        return Path(info.endpoint)

    def prepare(self, driver: str, claim: dict[str, Any]) -> Answer:
        return self._ask(driver, claim, "NodePrepareResources", "PreparedClaims")

    def unprepare(self, driver: str, claim: dict[str, Any]) -> Answer:
        return self._ask(driver, claim, "NodeUnprepareResources", "UnpreparedClaims")

    def _ask(self, driver: str, claim: dict[str, Any], method: str, answer: str) -> Answer:
        meta = claim["metadata"]
        types = TYPES[DRA]
        asked = types["Claim"](namespace=meta["namespace"], uid=meta["uid"], name=meta["name"])
        with grpc.insecure_channel(f"unix://{self.find(driver)}") as channel:
            said = _call(channel, DRA, f"DRAPlugin/{method}", types["Claims"](claims=[asked]), answer)
        found = {entry.key: entry.value for entry in said.claims}
        assert set(found) == {meta["uid"]}
        one = found[meta["uid"]]
        devices = getattr(one, "devices", ())
        return Answer(one.error, {device.device_name: list(device.cdi_device_ids) for device in devices})


def _call(channel: grpc.Channel, package: str, method: str, message: Any, answer: str) -> Any:
    call = channel.unary_unary(
        f"/{package}.{method}",
        request_serializer=lambda made: made.SerializeToString(),
        response_deserializer=TYPES[package][answer].FromString,
    )
    return call(message, timeout=SECONDS, wait_for_ready=True)
