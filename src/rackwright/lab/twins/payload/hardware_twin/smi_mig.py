"""``nvidia-smi -mig`` and ``nvidia-smi mig``: modes, profiles, instances, in the vendor's words.

The words are those of NVIDIA's MIG user guide ("Getting started"); the table of profiles that of a public
``nvidia-smi mig -lgip`` of an H100 SXM, that of instances kubernetes-sigs/dra-driver-nvidia-gpu#933 (both are
fixtures below tests/unit/lab/twins). Exit codes of refusals are NVML's error numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from . import gpu as device
from . import mig_state as state

Json = dict[str, Any]
FIGURES = {
    19: (9.75, 16, 1, 0, 1, 1, 0),
    20: (9.75, 16, 1, 0, 1, 1, 1),
    15: (19.62, 26, 1, 0, 1, 1, 0),
    14: (19.62, 32, 2, 0, 2, 2, 0),
    9: (39.50, 60, 3, 0, 3, 3, 0),
    5: (39.50, 64, 4, 0, 4, 4, 0),
    0: (79.25, 132, 7, 0, 8, 7, 1),
}
"""Of an H100 with 80 GB, by number of the profile: memory, SM, DEC, ENC, CE, JPEG, OFA."""
H100 = "NVIDIA H100 80GB HBM3"
ORDER = (19, 20, 15, 14, 9, 5, 0)
BAR = "+-------------------------------------------------------------------------------+"
NARROW = "+---------------------------------------------------------+"
WIDE = "+--------------------------------------------------------------------+"
NONE = "No MIG-enabled devices found."
IN_USE, SCARCE, INVALID, NOT_FOUND = 19, 23, 2, 6
VALUED = ("-i", "--id", "-gi", "--gpu-instance-id", "-ci", "--compute-instance-id")
LONG = {
    "--list-gpu-instance-profiles": "-lgip",
    "--list-gpu-instances": "-lgi",
    "--list-gpu-instance-possible-placements": "-lgipp",
    "--list-compute-instances": "-lci",
    "--create-gpu-instance": "-cgi",
    "--create-compute-instance": "-cci",
    "--default-compute-instance": "-C",
    "--destroy-gpu-instance": "-dgi",
    "--destroy-compute-instance": "-dci",
    "--gpu-instance-id": "-gi",
}


def value(arguments: Sequence[str], option: str) -> str | None:
    """What follows an option."""
    places = [n for n, word in enumerate(arguments[:-1]) if word == option]
    return arguments[places[0] + 1] if places and not arguments[places[0] + 1].startswith("-") else None


def set_mode(arguments: list[str], gpus: list[Json], data: Json) -> int:
    """``-mig 0|1``. Somebody on the GPU, and before Hopper a reset that fails, leave the mode pending."""
    word = value(arguments, "-mig")
    if word not in ("0", "1"):
        print("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.")
        return INVALID
    for gpu in gpus:
        own, name, wanted = state.of(gpu), device.bus_id(gpu), word == "1"
        if not state.profiles(gpu):
            print(f"Unable to set MIG Mode for GPU {name}: Not Supported\nTreating as warning and moving on.")
            continue
        why = "In use by another client" if state.users(gpu) else ""
        if not why and gpu["index"] in data["faults"].get("mig_no_reset", ()):
            why = "Not Supported"
        own["pending"] = wanted
        if own["mode"] != wanted and why:
            state.keep(gpu, own)
            to = "enable" if wanted else "disable"
            print(f"Warning: MIG mode is in pending {to} state for GPU {name}:{why}")
            print(f"Reboot the system or try nvidia-smi --gpu-reset to make MIG mode effective on GPU {name}")
            continue
        if own["mode"] != wanted:
            own |= {"mode": wanted, "instances": []}
        state.keep(gpu, own)
        print(f"{'Enabled' if wanted else 'Disabled'} MIG Mode for GPU {name}")
    print("All done.")
    return 0


def reset(gpus: list[Json], data: Json) -> int:
    """``--gpu-reset``: a mode that waits comes into effect; instances are gone."""
    code = 0
    for gpu in gpus:
        name = device.bus_id(gpu)
        if gpu["index"] in data["faults"].get("mig_no_reset", ()):
            print(f"Resetting GPU {name} is not supported.")
            code = 3
        elif state.users(gpu):
            print(f"GPU {name} is currently in use by another process.")
            code = IN_USE
        else:
            own = state.of(gpu)
            state.keep(gpu, {"mode": own["pending"], "pending": own["pending"], "instances": []})
            print(f"GPU {name} was successfully reset.")
    print("All done.") if code == 0 else None
    return code


def answer(arguments: list[str], gpus: list[Json]) -> int:
    """Lists, creation and destruction. All of them want a GPU in MIG mode."""
    words = [LONG.get(word, word) for word in arguments]
    asked = [
        word for word in words if word in {"-lgip", "-lgi", "-lgipp", "-lci", "-cgi", "-cci", "-dgi", "-dci"}
    ]
    if len(asked) != 1:
        print(f"{' '.join(arguments)} is not simulated", file=sys.stderr)
        return INVALID
    split = [gpu for gpu in gpus if state.of(gpu)["mode"]]
    if not split:
        print(NONE)
        return NOT_FOUND
    verb = asked[0]
    if verb == "-lgip":
        return _profiles(split)
    if verb == "-lgipp":
        return _placements(split)
    if verb in ("-lgi", "-lci"):
        return _list(verb, split)
    if verb == "-cgi":
        return _create(words, split)
    return _of_instances(verb, words, split)


def _profiles(gpus: list[Json]) -> int:
    lines = [
        BAR,
        "| GPU instance profiles:                                                        |",
        "| GPU   Name               ID    Instances   Memory     P2P    SM    DEC   ENC  |",
        "|                                Free/Total   GiB              CE    JPEG  OFA  |",
        "|===============================================================================|",
    ]
    for gpu in gpus:
        if gpu["name"] != H100:
            print(f"mig -lgip of {gpu['name']} is not simulated", file=sys.stderr)
            return INVALID
        own = state.of(gpu)
        for row in sorted(state.profiles(gpu), key=lambda row: ORDER.index(row["id"])):
            memory, sm, dec, enc, ce, jpeg, ofa = FIGURES[row["id"]]
            free = min(len(state.room(own, row)), row["most"])
            if own["instances"] == []:
                free = row["most"]
            head = f"|{gpu['index']:>4}  MIG {row['name']:<12}{row['id']:>6}     "
            head += f"{free}/{row['most']}        {memory:<11.2f}"
            first = f"{head}No     {sm:<7}{dec:<6}{enc}   |"
            second = "|".ljust(64) + f"{ce:<6}{jpeg:<6}{ofa}   |"
            lines += [first, second, BAR]
    print("\n".join(lines))
    return 0


def _placements(gpus: list[Json]) -> int:
    for gpu in gpus:
        for row in state.profiles(gpu):
            starts = ",".join(map(str, row["starts"]))
            word = "Placements:" if len(row["starts"]) > 1 else "Placement :"
            print(f"GPU {gpu['index']:>2} Profile ID {row['id']:>2} {word} {{{starts}}}:{row['slices']}")
    return 0


def _list(verb: str, gpus: list[Json]) -> int:
    rows = []
    for gpu in gpus:
        for each in sorted(
            state.of(gpu)["instances"], key=lambda each: (-int(each["id"]), int(each["number"]))
        ):
            if verb == "-lgi":
                rows.append(
                    f"|{gpu['index']:>4}  MIG {each['name']:<16}{each['id']:>4}{each['number']:>9}"
                    f"{each['start']:>11}:{each['size']:<6}|"
                )
            rows += [
                f"|{gpu['index']:>4}{each['number']:>7}       MIG {part['name']:<14}{part['id']:>4}"
                f"{part['number']:>10}{part['start']:>11}:{part['size']:<6}|"
                for part in (each["computes"] if verb == "-lci" else ())
            ]
    if not rows:
        print(f"No {'GPU' if verb == '-lgi' else 'compute'} instances found: Not Found")
        return NOT_FOUND
    bar = NARROW if verb == "-lgi" else WIDE
    heads = (
        (
            "GPU instances:",
            "GPU   Name               Profile  Instance   Placement",
            "                           ID       ID       Start:Size",
        )
        if verb == "-lgi"
        else (
            "Compute instances:",
            "GPU     GPU       Name             Profile   Instance   Placement",
            "      Instance                       ID        ID       Start:Size",
            "        ID",
        )
    )
    width = len(bar) - 3
    print("\n".join([bar, *(f"| {head:<{width}}|" for head in heads), f"|{'=' * (width + 1)}|"]))
    for row in rows:
        print(f"{row}\n{bar}")
    return 0


def _create(words: list[str], gpus: list[Json]) -> int:
    """``-cgi id[:start],... [-C]``; what was made before a refusal stays."""
    tuples = (value(words, "-cgi") or "").split(",")
    for gpu in gpus:
        for each in tuples:
            name, _, place = each.partition(":")
            own, row = state.of(gpu), state.profile(gpu, name)
            if row is None:
                where = f"GPU {gpu['index']:>2} using profile {name}"
                print(f"Unable to create a GPU instance on {where}: Invalid Argument")
                print("Failed to create GPU instances: Invalid Argument")
                return INVALID
            free = state.room(own, row)
            start = int(place) if place else (free or [-1])[-1]
            if start not in free:
                where = f"GPU {gpu['index']:>2} using profile {row['id']}"
                print(f"Unable to create a GPU instance on {where}: Insufficient Resources")
                print("Failed to create GPU instances: Insufficient Resources")
                return SCARCE
            made = state.create(gpu, own, row, start)
            what = f"using profile MIG {row['name']} (ID {row['id']:>2})"
            print(f"Successfully created GPU instance ID {made['number']:>2} on GPU {gpu['index']:>2} {what}")
            if "-C" in words:
                _compute(gpu, own, made)
    return 0


def _compute(gpu: Json, own: Json, each: Json) -> None:
    """The compute instance that has all of a GPU instance. Profiles of these are numbered by size."""
    kind = {1: 0, 2: 1, 3: 2, 4: 3, 7: 4}[int(each["compute"])]
    each["computes"] = [{"name": each["name"], "id": kind, "number": 0, "start": 0, "size": each["compute"]}]
    state.keep(gpu, own)
    where = f"on GPU {gpu['index']:>2} GPU instance ID {each['number']:>2}"
    print(
        f"Successfully created compute instance ID  0 {where} using profile MIG {each['name']} (ID {kind:>2})"
    )


def _of_instances(verb: str, words: list[str], gpus: list[Json]) -> int:
    """Make or destroy what is in an instance, or the instance; without ``-gi`` of all."""
    chosen = value(words, "-gi")
    done = 0
    for gpu in gpus:
        own = state.of(gpu)
        for each in list(own["instances"]):
            if chosen is not None and str(each["number"]) not in chosen.split(","):
                continue
            where = f"GPU {gpu['index']:>2} GPU instance ID {each['number']:>2}"
            if verb == "-cci":
                if each["computes"]:
                    print(f"Unable to create a compute instance on {where}: Insufficient Resources")
                    return SCARCE
                _compute(gpu, own, each)
            elif state.users(gpu) or (verb == "-dgi" and each["computes"]):
                what = "GPU" if verb == "-dgi" else "compute"
                which = f"{what} instance ID {each['number']:>2} from GPU {gpu['index']:>2}"
                print(f"Unable to destroy {which}: In use by another client")
                print(f"Failed to destroy {what} instances: In use by another client")
                return IN_USE
            elif verb == "-dci":
                if not each["computes"]:
                    continue
                each["computes"] = []
                state.keep(gpu, own)
                print(f"Successfully destroyed compute instance ID  0 from {where}")
            else:
                own["instances"].remove(each)
                state.keep(gpu, own)
                print(
                    f"Successfully destroyed GPU instance ID {each['number']:>2} from GPU {gpu['index']:>2}"
                )
            done += 1
    if not done:
        print(f"No {'GPU' if verb == '-dgi' else 'compute'} instances found: Not Found")
        return NOT_FOUND
    return 0
