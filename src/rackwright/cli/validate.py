"""``rackwright validate``: rendered files, judged by programs and readers that did not write them."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from rackwright.cli.progress import progress
from rackwright.errors import UsageError, WorldRefused
from rackwright.load.nearest import did_you_mean
from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.pipeline import plan
from rackwright.render.build import Files, render
from rackwright.validate import MODULES, Validator, fitting
from rackwright.validate.source import asked, folder


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """What one validator said."""

    name: str
    seconds: float
    findings: tuple[Finding, ...]
    lacks: tuple[str, ...]
    """Programs that are not on PATH: it was not run."""
    refused: str
    """Why its programs did not do what they were asked; empty: they did, or were not asked."""
    not_measured: tuple[str, ...]
    """What it can never look into, in words."""

    @property
    def outcome(self) -> str:
        """A run that did not happen is no pass."""
        return "not measured" if self.lacks or self.refused else "fail" if self.findings else "pass"


def command(
    cluster: Annotated[str, typer.Argument(help="Cluster name or path of a cluster file.")],
    only: Annotated[list[str] | None, typer.Option(help="One validator; may be given again.")] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Judge the files of this folder, laid out as `rackwright render` writes."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge rendered files: routing by FRR's own parser, InfiniBand by a simulated fabric, SONiC, NVUE and
    EOS by their schemas, RoCE by following packets. Touches nothing.

    Exit 0: nothing found. Exit 1: findings, or a validator whose programs are missing or did not work.

    Example: rackwright validate lab
    """
    for name in only or ():
        if name not in MODULES:
            raise UsageError(f"no validator {name}; {did_you_mean(name, MODULES) or ', '.join(MODULES)}")
    design = plan(cluster).design
    chosen = [each for each in fitting(design) if not only or each.name in only]
    judged = _judge(chosen, design, source)
    if as_json:
        typer.echo(
            json.dumps({"cluster": design.name, "validators": [_json(row) for row in judged]}, indent=1)
        )
    else:
        _show(design, judged)
    if any(row.outcome != "pass" for row in judged):
        raise typer.Exit(1)


def _judge(chosen: list[Validator], design: Design, source: Path | None) -> list[Judged]:
    judged: list[Judged] = []
    runs = [each for each in chosen if not _lacks(each)]
    with progress("validate", len(chosen) + 1, shown=bool(runs)) as step:
        files: Files | None = None
        if runs:
            sparse = source is None and all(getattr(each, "sparse", False) for each in runs)
            files = folder(source) if source else asked(design) if sparse else render(design)
        step()
        for each in chosen:
            began = time.monotonic()
            lacks = _lacks(each)
            check = (getattr(each, "everything", None) if source else None) or each.check
            found: list[Finding] = []
            refused = ""
            if not lacks and files is not None:
                try:
                    found = check(design, files)
                except WorldRefused as problem:  # no verdict on the files: the others still have theirs
                    refused = str(problem)
            blind = getattr(each, "not_measured", lambda _: ())(design)
            took = time.monotonic() - began
            judged.append(Judged(each.name, took, tuple(found), lacks, refused, tuple(blind)))
            step()
    return judged


def _lacks(each: Validator) -> tuple[str, ...]:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])  # where daemons lie
    return tuple(program for program in each.needs if shutil.which(program, path=path) is None)


def _json(row: Judged) -> dict[str, Any]:
    return {
        "name": row.name,
        "outcome": row.outcome,
        "seconds": round(row.seconds, 3),
        "lacks": list(row.lacks),
        "refused": row.refused,
        "not_measured": list(row.not_measured),
        "findings": [dataclasses.asdict(finding) for finding in row.findings],
    }


def _show(design: Design, judged: list[Judged]) -> None:
    """Findings first, one on a line, then a line for each validator."""
    for row in judged:
        for finding in row.findings:
            typer.echo(f"{row.name}: {finding}")
    for row in judged:
        if row.lacks:
            typer.echo(f"{row.name}: not measured: {', '.join(row.lacks)} not found on this machine")
            continue
        if row.refused:
            typer.echo(f"{row.name}: not measured: {row.refused}")
            continue
        count = len(row.findings)
        said = "nothing found" if not count else "1 finding" if count == 1 else f"{count} findings"
        typer.echo(f"{row.name}: {said} ({row.seconds:.1f} s)")
        for sentence in row.not_measured:
            typer.echo(f"{row.name}: not measured: {sentence}")
    if not judged:
        typer.echo(f"{design.name}: no validator fits")
