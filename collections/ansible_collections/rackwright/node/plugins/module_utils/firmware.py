"""NIC firmware in the answers of flint (mstflint in the distributions) and of ibv_devinfo. Pure.

Texts as in https://github.com/Mellanox/mstflint (flint query). Flash and running version differ from a burn
to the next reset of the NIC.
"""

from __future__ import annotations

import re

FIELDS = {"flashed": r"FW Version", "running": r"FW Version\(Running\)", "psid": r"PSID"}


def query(text: str) -> dict[str, str]:
    """What ``flint query`` says of a card or of an image.

    >>> query("FW Version:     28.47.2682\\nFW Version(Running):   28.39.1002\\nPSID:   MT_0000000838")
    {'flashed': '28.47.2682', 'running': '28.39.1002', 'psid': 'MT_0000000838'}
    """
    found = {}
    for name, label in FIELDS.items():
        match = re.search(rf"^\s*{label}:\s+(\S+)", text, re.MULTILINE)
        if match:
            found[name] = match[1]
    return found


def running(text: str) -> str | None:
    """Version in the answer of ``ibv_devinfo -d``.

    >>> running("hca_id:\\tmlx5_0\\n\\tfw_ver:\\t\\t\\t\\t28.47.2682\\n")
    '28.47.2682'
    """
    found = re.search(r"^\s*fw_ver:\s+(\S+)", text, re.MULTILINE)
    return found[1] if found else None


def judge(device: str, found: dict[str, str | None], expected: str, way: str) -> tuple[list[str], list[str]]:
    """Differences, and reasons to reset the NIC.

    :param way: how to burn the device.

    >>> judge("mlx5_0", {"flashed": "28.47.2682", "running": "28.39.1002"}, "28.47.2682", "")[1]
    ['firmware of mlx5_0: 28.39.1002 runs, 28.47.2682 is in its flash']
    >>> judge("mlx5_0", {"flashed": None, "running": "28.39.1002"}, "28.47.2682", "burn it")
    (['firmware of mlx5_0: found 28.39.1002, expected 28.47.2682; burn it'], [])
    """
    flash, now = found.get("flashed"), found.get("running")
    if (flash or now) != expected:
        return [f"firmware of {device}: found {flash or now or 'no answer'}, expected {expected}; {way}"], []
    if now != expected:
        return [], [f"firmware of {device}: {now or 'no answer'} runs, {flash} is in its flash"]
    return [], []
