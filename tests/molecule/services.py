"""Whether every service of a role runs what lies on the disk: its process is younger than its files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from tests.molecule.box import Box

from rackwright.lab.inside import must

# $1 unit; the rest: patterns of its configuration.
ASK = r"""
unit=$1; shift
show() { systemctl show -P "$1" "$unit"; }
# What the unit itself asks for is not there: in a container, chrony has no clock to set.
[ "$(show ConditionResult)" = yes ] || [ "$(show ActiveState)" = active ] || exit 0
[ "$(show ActiveState)" = active ] || echo "$unit: found $(show ActiveState), expected active"
[ "$(show NeedDaemonReload)" = no ] || echo "$unit: systemd has an older unit than the disk"
pid=$(show MainPID)
if [ "$pid" != 0 ]; then
  began=$(systemctl show --timestamp=unix -P ExecMainStartTimestamp "$unit" | tr -d @)
  exe=$(readlink "/proc/$pid/exe")
  case $exe in *deleted*) echo "$unit: runs $exe" ;; esac
  for file in "$(show FragmentPath)" $(show DropInPaths) "$@"; do
    [ -e "$file" ] || continue
    changed=$(stat -c %Y "$file")
    [ "$changed" -le "$((began + 1))" ] || echo "$unit: began $began, $file changed $changed"
  done
fi
"""


def stale(box: Box, services: Mapping[str, Sequence[str]]) -> list[str]:
    """What is wrong, one line for each; empty when all run what is on disk."""
    found = []
    for unit, patterns in services.items():
        command = ["sh", "-c", f"set -- {shlex.quote(unit)} {' '.join(patterns)}\n{ASK}"]
        found += must(box.place, box.server, command).splitlines()
    return found


def touch(box: Box, services: Mapping[str, Sequence[str]]) -> bool:
    """Make the configuration of every service younger than its process; whether there is any."""
    patterns = " ".join(pattern for each in services.values() for pattern in each)
    if not patterns:
        return False
    said = must(
        box.place, box.server, ["sh", "-c", f"sleep 1; ls -d {patterns} 2>/dev/null; touch -c {patterns}"]
    )
    return bool(said.split())
