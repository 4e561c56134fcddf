"""What every model of written text is made of: strictness, and the forms of names, prefixes, references."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$|^[a-z]$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[0-9.]+/[0-9]{1,2}$")]
SecretRef = Annotated[str, StringConstraints(pattern=r"^(env:[A-Z][A-Z0-9_]*|file:.+|state:[a-z0-9-]+)$")]


class Strict(BaseModel):
    """No unknown keys, no silent coercion, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
