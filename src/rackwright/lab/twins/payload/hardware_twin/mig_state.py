"""What the simulated GPUs know of MIG: modes and instances, and by which rules the driver gives and refuses.

Instances, and on Hopper and later the mode, are the loaded module's and go with the power; before Hopper
the mode is in the GPU (NVIDIA's MIG user guide, "Getting started"). Which profiles a GPU has, stands in the
hardware record. Numbers of instances follow the tree of halves: 1 and 2, 3 to 6, from 7 on (as seen in
kubernetes-sigs/dra-driver-nvidia-gpu#933); real drivers number some otherwise, and nobody may rely on them.
"""

from __future__ import annotations

import glob
import json
import os
import uuid
from pathlib import Path
from typing import Any

from . import record

INFOROM = Path("/var/lib/hardware-twin/mig-mode.json")
HOPPER = 9.0
COMPUTE = 7
DAEMONS = (
    "nvidia-persiste",
    "nv-fabricmanage",
    "nv-hostengine",
    "dcgm-exporter",
    "nvidia-imex",
    "nvidia-smi",
)
Json = dict[str, Any]


def _path() -> Path:
    return record.STATE / "mig.json"


def _read(path: Path) -> Json:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, data: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(data, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(path)


def capability(gpu: Json) -> float:
    """Compute capability; an H100's where the record does not say."""
    return float(gpu.get("compute_cap") or HOPPER)


def of(gpu: Json) -> Json:
    """Mode now, mode to come, instances."""
    key = str(gpu["index"])
    own = _read(_path()).get(key)
    if own is not None:
        return dict(own)
    kept = capability(gpu) < HOPPER and bool(_read(INFOROM).get(key))
    mode = bool(gpu.get("mig")) or kept
    return {"mode": mode, "pending": mode, "instances": []}


def keep(gpu: Json, state: Json) -> None:
    """For the next call; before Hopper the mode for the next boot as well."""
    key = str(gpu["index"])
    _write(_path(), {**_read(_path()), key: state})
    if capability(gpu) < HOPPER:
        _write(INFOROM, {**_read(INFOROM), key: state["pending"]})


def users(gpu: Json) -> list[str]:
    """Processes that hold the GPU's device node open and are no daemon of the driver's."""
    node, found = str(record.DEVICES / f"nvidia{gpu['index']}"), []
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            name = Path(folder, "comm").read_text(encoding="utf-8").strip()
        except OSError:  # it ended while we looked
            continue
        if name not in DAEMONS and any(_leads(link) == node for link in glob.glob(f"{folder}/fd/*")):
            found.append(name)
    return found


def _leads(link: str) -> str | None:
    try:
        return os.readlink(link)
    except OSError:  # closed meanwhile
        return None


def profiles(gpu: Json) -> list[Json]:
    """Profiles of the GPU; each has name, id, slices, compute, starts and most."""
    return list(gpu.get("mig_profiles") or ())


def profile(gpu: Json, word: str) -> Json | None:
    """By number, short name or full name."""
    word = word.removeprefix("MIG ").strip()
    return next((row for row in profiles(gpu) if word in (str(row["id"]), row["name"])), None)


def room(state: Json, row: Json) -> list[int]:
    """Places at which one more of a profile could begin."""
    instances = state["instances"]
    taken = {each["start"] + n for each in instances for n in range(each["size"])}
    if sum(each["compute"] for each in instances) + row["compute"] > COMPUTE:
        return []
    if sum(each["id"] == row["id"] for each in instances) >= row["most"]:
        return []
    return [start for start in row["starts"] if not taken & set(range(start, start + row["slices"]))]


def number(row: Json, start: int) -> int:
    """Of the instance: the node of the tree of halves that it takes."""
    size = int(row["slices"])
    return {8: 0, 4: 1 + start // 4, 2: 3 + start // 2, 1: 7 + start}[size]


def create(gpu: Json, state: Json, row: Json, start: int) -> Json:
    """One more instance; its compute instance is another matter."""
    made = {
        "number": number(row, start),
        "id": row["id"],
        "name": row["name"],
        "start": start,
        "size": row["slices"],
        "compute": row["compute"],
        "computes": [],
    }
    state["instances"].append(made)
    keep(gpu, state)
    return made


def devices(gpu: Json) -> list[Json]:
    """MIG devices as programs see them: GPU instances with a compute instance, in their order."""
    instances = sorted(of(gpu)["instances"], key=lambda each: int(each["number"]))
    return [{**each, "uuid": _uuid(gpu, each)} for each in instances if each["computes"]]


def _uuid(gpu: Json, instance: Json) -> str:
    name = f"{gpu['uuid']}/{instance['number']}/{instance['start']}"
    return f"MIG-{uuid.uuid5(uuid.NAMESPACE_DNS, name)}"
