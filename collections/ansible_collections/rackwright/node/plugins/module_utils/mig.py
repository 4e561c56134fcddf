"""MIG of NVIDIA's GPUs: what nvidia-smi says of modes and instances, and which calls lead to a layout.

Also a program: role ``gpu_sharing`` puts this file on the machine, and a unit runs it at boot with the layout as JSON.
Instances never outlive a boot, and on Hopper and later the mode does not either (NVIDIA's MIG user guide, "Getting
started": "GPU Reset on Hopper+ GPUs" and the note below "Creating GPU Instances"). One text for both, so that a boot
makes what the role made. Needs nothing but Python.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field

TOOL = "nvidia-smi"
ANSWER_S = 60
RESET_S = 180
ROUNDS = 4
"""Mode, instances, compute instances, and a look."""
HOPPER = 9.0
"""Compute capability from which on MIG mode needs no reset, and is gone after a boot."""
FIELDS = "index,mig.mode.current,mig.mode.pending,compute_cap,compute_mode"
EMPTY = (
    "No GPU instances found",
    "No compute instances found",
    "No MIG-enabled devices found",
    "No MIG-supported devices",
)
_INSTANCE = re.compile(r"^\|\s+(\d+)\s+MIG (\S+)\s+(\d+)\s+(\d+)\s+(\d+):(\d+)\s*\|")
_COMPUTE = re.compile(r"^\|\s+(\d+)\s+(\d+)\s+MIG (\S+)\s+(\d+)\s+(\d+)\s+(\d+):(\d+)\s*\|")


class Refused(Exception):
    """nvidia-smi said no, or nothing."""


@dataclass(frozen=True)
class Gpu:
    """One GPU as nvidia-smi lists it."""

    index: int
    current: str
    """``Enabled``, ``Disabled``, or ``[N/A]`` where the GPU has no MIG."""
    pending: str
    capability: float
    compute_mode: str


@dataclass(frozen=True, order=True)
class Partition:
    """A profile at one place: NVML's id of the profile, first memory slice and how many."""

    id: int
    start: int
    size: int
    profile: str = field(compare=False, default="")

    def __str__(self) -> str:
        return f"{self.profile or self.id} at {self.start}:{self.size}"


@dataclass(frozen=True)
class Instance:
    """A GPU instance that is there."""

    gpu: int
    number: int
    partition: Partition
    whole: bool
    """One compute instance has all of it; without one no program can use it."""
    empty: bool
    """It has no compute instance."""


@dataclass(frozen=True)
class Layout:
    """What there is to be on every GPU. ``mode``: on, off, or dynamic (a DRA driver makes the instances)."""

    gpus: int
    mode: str
    partitions: tuple[Partition, ...] = ()

    @classmethod
    def of(cls, data: dict) -> Layout:
        """From JSON, or from a module's parameters."""
        rows = [
            Partition(int(p["id"]), int(p["start"]), int(p["size"]), str(p["profile"]))
            for p in data["partitions"]
        ]
        return cls(int(data["gpus"]), str(data["mode"]), tuple(sorted(rows)))

    def enabled(self, gpu: Gpu) -> bool | None:
        """Whether MIG mode is to be on; None: whoever makes the instances decides.

        Dynamic MIG: before Hopper the mode must be on before the driver's plugin starts, since it needs a reset.
        """
        if self.mode == "dynamic":
            return True if gpu.capability < HOPPER else None
        return self.mode == "on"


@dataclass(frozen=True)
class Step:
    """One call of nvidia-smi, in words and as arguments. ``reset``: afterwards a mode may still be pending."""

    words: str
    arguments: tuple[str, ...]
    seconds: int = ANSWER_S


def smi(*arguments: str, seconds: int = ANSWER_S) -> tuple[int, str]:
    """Exit code and all that it printed.

    :raises Refused: it is not installed, or gave no answer in time.
    """
    try:
        done = subprocess.run(
            [TOOL, *arguments], capture_output=True, text=True, timeout=seconds, check=False
        )
    except FileNotFoundError:
        raise Refused(f"{TOOL}: not installed") from None
    except subprocess.TimeoutExpired:
        raise Refused(f"{TOOL} {' '.join(arguments)}: no answer within {seconds} s") from None
    return done.returncode, f"{done.stdout}\n{done.stderr}".strip()


def _asked(*arguments: str) -> str:
    code, text = smi(*arguments)
    if code != 0 and not any(words in text for words in EMPTY):
        raise Refused(f"{TOOL} {' '.join(arguments)}: exit {code}: {text[-300:]}")
    return text


def parse_gpus(text: str) -> list[Gpu]:
    """Rows of ``--query-gpu``.

    >>> parse_gpus("0, Enabled, Enabled, 9.0, Default")[0].capability
    9.0
    """
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == len(FIELDS.split(",")) and cells[0].isdigit():
            capability = float(cells[3]) if re.fullmatch(r"\d+\.\d+", cells[3]) else 0.0
            found.append(Gpu(int(cells[0]), cells[1], cells[2], capability, cells[4]))
    return found


def parse_instances(text: str, computes: str) -> list[Instance]:
    """Tables of ``mig -lgi`` and ``mig -lci``.

    >>> row = "|   0  MIG 3g.40gb            9        1          4:4     |"
    >>> parse_instances(row, "|   0      1       MIG 3g.40gb          2         0          0:3     |")[0].whole
    True
    """
    inside: dict[tuple[int, int], list[str]] = {}
    for line in computes.splitlines():
        if row := _COMPUTE.match(line):
            inside.setdefault((int(row[1]), int(row[2])), []).append(row[3])
    found = []
    for line in text.splitlines():
        if row := _INSTANCE.match(line):
            gpu, number = int(row[1]), int(row[4])
            names = inside.get((gpu, number), [])
            partition = Partition(int(row[3]), int(row[5]), int(row[6]), row[2])
            found.append(Instance(gpu, number, partition, names == [row[2]], not names))
    return found


def read() -> tuple[list[Gpu], list[Instance]]:
    """What there is.

    :raises Refused: nvidia-smi does not answer for every GPU.
    """
    gpus = parse_gpus(_asked(f"--query-gpu={FIELDS}", "--format=csv,noheader"))
    if not any(gpu.current == "Enabled" for gpu in gpus):
        return gpus, []
    return gpus, parse_instances(_asked("mig", "-lgi"), _asked("mig", "-lci"))


def plan(layout: Layout, gpus: list[Gpu], instances: list[Instance]) -> list[Step]:
    """The calls of one round, in order; what a mode change makes possible comes in the next. Pure."""
    steps: list[Step] = []
    for gpu in gpus:
        wanted = layout.enabled(gpu)
        own = [each for each in instances if each.gpu == gpu.index]
        if wanted is None or (layout.mode == "dynamic" and gpu.current == "Enabled"):
            continue
        if not wanted:
            steps += _destroy(own)
            if gpu.current == "Enabled" and gpu.pending == "Enabled":
                steps.append(_mode(gpu, 0))
        elif gpu.current != "Enabled":
            if gpu.pending != "Enabled":
                steps.append(_mode(gpu, 1))
        elif layout.mode == "on":
            steps += _shape(layout.partitions, gpu, own)
    return steps


def _shape(wanted: tuple[Partition, ...], gpu: Gpu, own: list[Instance]) -> list[Step]:
    """From the instances of a GPU to the layout: what fits stays."""
    right = [each for each in own if each.partition in wanted and (each.whole or each.empty)]
    steps = _destroy([each for each in own if each not in right])
    missing = [part for part in wanted if part not in [each.partition for each in right]]
    if missing:
        # Largest first: the driver refuses a 3g after small ones (MIG user guide, "Instance Geometry").
        missing.sort(key=lambda part: (-part.size, part.start))
        places = ",".join(f"{part.id}:{part.start}" for part in missing)
        words = f"GPU {gpu.index}: make {', '.join(map(str, missing))}"
        steps.append(Step(words, ("mig", "-i", str(gpu.index), "-cgi", places, "-C")))
    for each in right:
        if each.empty:
            words = f"GPU {gpu.index}: make the compute instance of {each.partition}"
            steps.append(Step(words, ("mig", "-i", str(gpu.index), "-gi", str(each.number), "-cci")))
    return steps


def _destroy(instances: list[Instance]) -> list[Step]:
    steps = []
    for each in instances:
        which = ("mig", "-i", str(each.gpu), "-gi", str(each.number))
        if not each.empty:
            steps.append(Step(f"GPU {each.gpu}: empty {each.partition}", (*which, "-dci")))
        steps.append(Step(f"GPU {each.gpu}: destroy {each.partition}", (*which, "-dgi")))
    return steps


def _mode(gpu: Gpu, on: int) -> Step:
    words = f"GPU {gpu.index}: MIG mode {'on' if on else 'off'}"
    return Step(words, ("-i", str(gpu.index), "-mig", str(on)), RESET_S)


def waiting(layout: Layout, gpus: list[Gpu]) -> list[int]:
    """GPUs whose mode is set and not yet in effect."""
    found = []
    for gpu in gpus:
        wanted = layout.enabled(gpu)
        if (
            wanted is not None
            and (gpu.current == "Enabled") != wanted
            and (gpu.pending == "Enabled") == wanted
        ):
            found.append(gpu.index)
    return found


def impossible(layout: Layout, gpus: list[Gpu]) -> list[str]:
    """Why a layout cannot be had here, whatever is done. Pure."""
    found = (
        [] if len(gpus) == layout.gpus else [f"GPUs: found {len(gpus)} that answer, expected {layout.gpus}"]
    )
    if layout.mode != "off":
        none = [str(gpu.index) for gpu in gpus if gpu.current not in ("Enabled", "Disabled")]
        found += [f"MIG: GPU {', '.join(none)} has none"] if none else []
    return found


def differences(layout: Layout, gpus: list[Gpu], instances: list[Instance]) -> list[str]:
    """What is not as laid out, GPU by GPU. Pure."""
    found = impossible(layout, gpus)
    for gpu in gpus:
        wanted = layout.enabled(gpu)
        if wanted is None:
            continue
        if (gpu.current == "Enabled") != wanted:
            found.append(
                f"GPU {gpu.index}: MIG mode {gpu.current}, expected {'Enabled' if wanted else 'Disabled'}"
            )
            continue
        own = sorted(each.partition for each in instances if each.gpu == gpu.index)
        if layout.mode == "on" and own != list(layout.partitions):
            have, want = (", ".join(map(str, parts)) or "none" for parts in (own, layout.partitions))
            found.append(f"GPU {gpu.index}: instances {have}, expected {want}")
        if layout.mode == "on":
            found += [
                f"GPU {gpu.index}: {each.partition} has no compute instance of its own size"
                for each in instances
                if each.gpu == gpu.index and not each.whole
            ]
    return found


def bring(layout: Layout) -> tuple[list[str], list[int]]:
    """Make it so.

    :returns: what was done, and GPUs whose mode waits for a reset that the driver did not give.
    :raises Refused: a call failed; what was done before it stays, and the next run goes on from there.
    """
    done: list[str] = []
    tried = False
    for _ in range(ROUNDS):
        gpus, instances = read()
        steps = plan(layout, gpus, instances)
        for step in steps:
            code, text = smi(*step.arguments, seconds=step.seconds)
            if code != 0:
                raise Refused(f"{step.words}: exit {code}: {text[-300:]}")
            done.append(step.words)
        late = waiting(layout, read()[0]) if steps else waiting(layout, gpus)
        if late and not tried:
            tried = True
            numbers = ",".join(map(str, late))
            code, _ = smi("--gpu-reset", "-i", numbers, seconds=RESET_S)
            if code == 0:
                done.append(f"GPU {numbers}: reset")
        elif late or not steps:
            return done, late
    return done, []


def main(arguments: list[str]) -> int:
    """At boot: read the layout, make it, read it back."""
    with open(arguments[0], encoding="utf-8") as file:
        layout = Layout.of(json.load(file))
    try:
        done, late = bring(layout)
        wrong = differences(layout, *read())
    except Refused as problem:
        print(problem, file=sys.stderr)
        return 1
    for line in done:
        print(line)
    wrong += [f"GPU {index}: the mode waits for a reset" for index in late]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
