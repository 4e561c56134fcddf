"""A test that failed: which role (or bench), in which step, and what differed."""

from __future__ import annotations


class Failed(Exception):
    """Role, step and the difference, ready to be read."""

    def __init__(self, role: str, step: str, text: str) -> None:
        super().__init__(f"{role}: {step}: {text}")
        self.role, self.step, self.text = role, step, text
