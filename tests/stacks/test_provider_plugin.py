"""The provider plugin over its own protocol, without an engine: what Pulumi would ask."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from bench import Bench
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from rackwright.provider.values import UNKNOWN, plain, struct

PLUGIN = Path(__file__).parents[2] / "src" / "rackwright" / "provider" / "plugin"


class Plugin:
    """A running plugin and a client of it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        command = [sys.executable, str(PLUGIN)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        self.stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))

    def create(self, name: str, preview: bool = False, **more: Any) -> provider_pb2.CreateResponse:
        inputs = struct({"name": name, "text": "", "peers": [], **more})
        return self.stub.Create(
            provider_pb2.CreateRequest(urn=urn(name), properties=inputs, preview=preview), timeout=20
        )


def urn(name: str, kind: str = "Thing") -> str:
    return f"urn:pulumi:s::p::test:world:World$test:world:{kind}::{name}"


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    one = Plugin(Bench("pulumi", tmp_path, monkeypatch))
    yield one
    one.process.terminate()
    one.process.communicate(timeout=10)


def test_a_life(plugin: Plugin) -> None:
    made = plugin.create("a", text="one")
    assert made.id == "a"
    assert plain(made.properties) == {
        "address": "10.0.0.1",
        "length": 3,
        "name": "a",
        "peers": [],
        "text": "one",
    }
    plugin.bench.spoil("a", text="by hand", port=9216)
    read = plugin.stub.Read(provider_pb2.ReadRequest(id="a", urn=urn("a"), inputs=made.properties))
    assert plain(read.inputs) == {"name": "a", "peers": [], "port": 9216, "text": "by hand"}
    declared = struct({"name": "a", "text": "one", "peers": []})
    diff = plugin.stub.Diff(
        provider_pb2.DiffRequest(
            id="a", urn=urn("a"), olds=read.properties, news=declared, old_inputs=read.inputs
        )
    )
    assert diff.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert sorted(diff.diffs) == ["port", "text"]
    assert list(diff.replaces) == []
    assert diff.deleteBeforeReplace
    update = provider_pb2.UpdateRequest(
        id="a", urn=urn("a"), olds=read.properties, news=declared, old_inputs=read.inputs
    )
    assert plain(plugin.stub.Update(update).properties)["length"] == 3
    assert plugin.bench.world["a"]["text"] == "one"
    plugin.stub.Delete(provider_pb2.DeleteRequest(id="a", urn=urn("a"), properties=declared))
    assert plugin.stub.Read(provider_pb2.ReadRequest(id="a", urn=urn("a"), inputs=declared)).id == ""


def test_a_preview_touches_nothing_and_keeps_unknowns(plugin: Plugin) -> None:
    made = plugin.create("a", preview=True, text=UNKNOWN)
    assert plain(made.properties)["text"] == UNKNOWN
    assert plugin.bench.world == {}
    check = provider_pb2.CheckRequest(urn=urn("a"), news=struct({"name": UNKNOWN}))
    assert list(plugin.stub.Check(check).failures) == []


def test_a_hundred_at_once(plugin: Plugin) -> None:
    def slow(number: int) -> str:
        inputs = struct({"name": f"s{number}", "seconds": 1})
        request = provider_pb2.CreateRequest(urn=urn(f"s{number}", "Slow"), properties=inputs)
        return str(plugin.stub.Create(request, timeout=30).id)

    began = time.monotonic()
    with ThreadPoolExecutor(100) as pool:
        assert len(set(pool.map(slow, range(100)))) == 100
    assert time.monotonic() - began < 10  # one after the other: 100 s


def test_errors_are_words_and_a_partial_failure_says_what_is_left(plugin: Plugin) -> None:
    plugin.bench.fault(a={"apply": "fail"}, b={"apply": "fail-after"})
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("a")
    assert caught.value.details() == "a: apply: the fault is switched on; switch it off"
    assert "grpc-status-details-bin" not in dict(caught.value.trailing_metadata())
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("b")
    status = status_pb2.Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
    left = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(left)
    assert (left.id, plain(left.inputs)["name"]) == ("b", "b")
    assert "Traceback" not in str(caught.value)


def test_check_tells_what_is_wrong_and_never_a_secret(plugin: Plugin) -> None:
    request = provider_pb2.CheckRequest(urn=urn("a"), news=struct({"name": ""}))
    failures = plugin.stub.Check(request).failures
    assert [(one.property, one.reason) for one in failures] == [("name", "found nothing, expected a name")]
    secret = struct_pb2.Struct()
    secret.update({"name": "a", "text": {rpc._special_sig_key: rpc._special_secret_sig}})
    secret["text"]["value"] = "canary-77"
    failures = plugin.stub.Check(provider_pb2.CheckRequest(urn=urn("a"), news=secret)).failures
    assert [one.property for one in failures] == [""]
    assert "text: is a secret" in failures[0].reason
    assert "canary-77" not in str(failures)


def test_after_cancel_nothing_new_begins(plugin: Plugin) -> None:
    plugin.stub.Cancel(empty_pb2.Empty())
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("a")
    assert caught.value.code() == grpc.StatusCode.CANCELLED
    assert plugin.bench.world == {}
