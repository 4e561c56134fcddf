"""Look at a cluster from inside a pod: Python on the node, in the network namespace of the pod.

The depot's images hold nothing but their programs, so that there is no shell in any pod.
"""

from __future__ import annotations

import json

from rackwright.lab.inside import must, run_in
from rackwright.lab.place import Place

CRICTL = ["crictl", "--runtime-endpoint", "unix:///run/containerd/containerd.sock"]
FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).status)"
LOOK_UP = """
import socket, struct, sys
name, server = sys.argv[1:3]
question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    asking.settimeout(5)
    asking.connect((server, 53))
    asking.send(struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + question + struct.pack(">2H", 1, 1))
    answer = asking.recv(512)
print(".".join(map(str, answer[-4:])) if answer[6:8] != bytes(2) else "no answer")
"""


def pid(place: Place, node: str, pod: str) -> str:
    """First process of a pod, as its node counts."""
    sandbox = must(place, node, [*CRICTL, "pods", "--name", f"^{pod}$", "--state", "Ready", "-q"]).split()[0]
    return str(json.loads(must(place, node, [*CRICTL, "inspectp", sandbox]))["info"]["pid"])


def python(place: Place, node: str, pod: str, text: str, *arguments: str) -> str:
    """What a program prints that runs in the pod's network; its error where it fails."""
    inside = ["nsenter", "--target", pid(place, node, pod), "--net", "python3", "-c", text, *arguments]
    done = run_in(place, node, inside, timeout=20)
    return done.stdout.strip() if done.code == 0 else done.stderr.strip().splitlines()[-1]
