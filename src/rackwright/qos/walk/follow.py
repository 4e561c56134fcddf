"""Follow: what happens to a RoCE packet, its answer, its CNP and a pause, at a port and over a cable.

A step is looked at once for each pair of marks, however many paths cross it. Where a port is wrong by itself,
what follows from that is not reported again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rackwright.qos.headroom import least_bytes
from rackwright.qos.mistakes import queue_bytes
from rackwright.qos.walk.blame import Split, Wrong
from rackwright.qos.walk.picture import STRICT, Nic, Port


@dataclass(frozen=True, slots=True, order=True)
class Marks:
    """DSCPs that a host's NICs send with."""

    data: int
    cnp: int


@dataclass(frozen=True, slots=True)
class End:
    """A port on the way, with what is known of its cable and its device."""

    device: str
    name: str
    port: Port
    nic: Nic | None = None
    """On hosts."""
    speed_gbps: int = 0
    metres: int | None = None
    buffer_bytes: int | None = None
    """Of the switch model; None: not public."""

    @property
    def place(self) -> tuple[str, str]:
        return self.device, self.name


def at_port(end: End, marks: Marks) -> list[Wrong]:
    """Everything that a port does wrong by itself, with data, CNPs and pauses."""
    return [Wrong(end.device, end.name, *row) for row in _port(end, marks)]


def _port(end: End, marks: Marks) -> Iterator[tuple[str, str, str, str]]:
    port = end.port
    if port.trust != "dscp":
        hint = "without it every packet is in class 0"
        yield (
            "trust",
            {"none": "no mark is trusted"}.get(port.trust, f"trust {port.trust}"),
            "trust dscp",
            hint,
        )
        return
    data = port.classes[marks.data]
    priority = port.pauses[data]
    if priority is None:
        found = f"DSCP {marks.data} is in class {data}, PFC on {port.priorities}"
        yield "class", found, "a class with PFC", "RoCE data is dropped here where it should wait"
        return
    queue = port.queues[data]
    if port.stops[priority] != queue:
        found = f"a pause for priority {priority} stops queue {port.stops[priority]}"
        yield "pfc", found, f"queue {queue}, where DSCP {marks.data} waits", ""
    yield from _cnp(end, marks, queue)
    share = port.shares[queue]
    if share == STRICT or share == 0:
        found = f"queue {queue} of RoCE data {'is strict' if share else 'has no share'}"
        yield "ets", found, "a share of the bandwidth", "strict data starves everything else"
    yield from _marking(end, queue, priority)
    yield from _room(end)
    if port.watchdog is False:
        hint = "a pause that never ends stops the fabric behind it"
        yield "watchdog", "no PFC watchdog", "a PFC watchdog on every lossless port", hint


def _cnp(end: End, marks: Marks, data_queue: int) -> Iterator[tuple[str, str, str, str]]:
    port = end.port
    number = port.classes[marks.cnp]
    queue = port.queues[number]
    nic = end.nic
    if queue == data_queue:
        hint = "a CNP that waits behind the data it should slow down comes too late"
        yield "cnp", f"DSCP {marks.cnp} is in queue {queue}, with the data", "a queue of its own", hint
    elif port.pauses[number] is not None:
        yield "cnp", f"DSCP {marks.cnp} is in class {number}, with PFC", "a class without PFC", ""
    elif port.shares[queue] != STRICT:
        share = port.shares[queue]
        found = "no scheduler" if share is None else f"a share of {share} %"
        yield "cnp", f"queue {queue} of CNPs has {found}", "strict priority", ""
    elif nic is not None and nic.cnp_priority is not None and nic.cnp_priority != number:
        found = f"CNPs leave with priority {nic.cnp_priority}"
        yield "cnp", found, f"priority {number}, as DSCP {marks.cnp} has", ""


def _marking(end: End, queue: int, priority: int) -> Iterator[tuple[str, str, str, str]]:
    """ECN: a switch marks, a NIC answers."""
    if end.nic is not None:
        if end.nic.ecn is not None and priority not in end.nic.ecn:
            yield "ecn", f"no congestion control on priority {priority}", "CNPs sent and obeyed on it", ""
        return
    ecn = end.port.ecn[queue]
    if ecn is None:
        hint = "without marks only pauses slow senders down"
        yield "ecn", f"no ECN on queue {queue}", "ECN on the queue of RoCE data", hint
        return
    if ecn.least >= ecn.most:
        yield "ecn", f"marks from {ecn.least} to {ecn.most} bytes", "a minimum below the maximum", ""
    if ecn.percent == 0:
        yield "ecn", "a marking probability of 0", "1 to 100", ""
    if end.buffer_bytes is not None and ecn.most > queue_bytes(end.buffer_bytes):
        hint = f"the switch has {end.buffer_bytes} bytes: it pauses its senders before it marks"
        yield "ecn", f"marks up to {ecn.most} bytes", f"at most {queue_bytes(end.buffer_bytes)}", hint


def _room(end: End) -> Iterator[tuple[str, str, str, str]]:
    """Headroom for what is under way when a pause leaves."""
    if end.metres is None:
        return
    port, cable = end.port, f"{end.speed_gbps}G over {end.metres} m"
    if port.headroom is not None:
        least = least_bytes(end.speed_gbps, end.metres, port.mtu or 9216)
        if port.headroom < least:
            yield "headroom", f"{port.headroom} bytes", f"at least {least} for {cable}", ""
    if port.cable_m is not None and port.cable_m < end.metres:
        yield "headroom", f"laid out for {port.cable_m} m of cable", f"at least {end.metres} m", ""


def over_cable(a: End, z: End, marks: Marks) -> list[Split]:
    """What the two ends of a cable do not agree on: pauses in both directions, and the MTU."""
    found = []
    for sender, receiver in ((a, z), (z, a)):
        split = _pause(sender, receiver, marks)
        if split is not None:
            found.append(split)
            break
    mtus = a.port.mtu, z.port.mtu
    if None not in mtus and mtus[0] != mtus[1]:
        hosts = [end.port.mtu for end in (a, z) if end.nic is not None]
        most = [end.port.mtu for end in (a, z) if end.nic is None]
        if not hosts or (most and (hosts[0] or 0) > (most[0] or 0)):
            hint = "larger packets are dropped without a word"
            found.append(Split("mtu", a.place, f"MTU {mtus[0]}", z.place, f"MTU {mtus[1]}", hint))
    return found


def _pause(sender: End, receiver: End, marks: Marks) -> Split | None:
    """The receiver's pause must stop the queue in which the sender's data waits."""
    sent, own = _priority(receiver.port, marks.data), _priority(sender.port, marks.data)
    if sent is None or own is None:  # said at the port
        return None
    queue = sender.port.queues[sender.port.classes[marks.data]]
    if sender.port.stops[sent] == queue or sent == own:
        return None
    hint = f"a pause stops nothing that DSCP {marks.data} is in"
    return Split(
        "pfc", sender.place, f"PFC on priority {own}", receiver.place, f"PFC on priority {sent}", hint
    )


def _priority(port: Port, dscp: int) -> int | None:
    return port.pauses[port.class_of(dscp)] if port.trust == "dscp" else None
