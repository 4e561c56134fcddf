"""Choice: a value that the cluster file leaves out and that load fills in, with the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One value, by key path.

    >>> str(Choice(("fabrics", "oob", "switch"), "sn2201", "the plane runs at 1G"))
    'chosen: fabrics.oob.switch = sn2201; because the plane runs at 1G'
    """

    path: tuple[str, ...]
    value: str | int
    because: str

    def __str__(self) -> str:
        return f"chosen: {'.'.join(self.path)} = {self.value}; because {self.because}"
