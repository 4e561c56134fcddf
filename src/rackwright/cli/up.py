"""``rackwright up``: from the cluster file to a cluster that is running and proven."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from rackwright.cli.stacks import AsJson, Cluster, Diff, Engine, Parallel, Stacks, run_all
from rackwright.up.run import Orders


def command(
    cluster: Cluster,
    stack: Stacks = None,
    engine: Engine = None,
    parallel: Parallel = 64,
    as_json: AsJson = False,
    diff: Diff = False,
    look: Annotated[bool, typer.Option(help="Read the world first, so that drift is repaired.")] = True,
    proof: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Measure the cluster at the end.")
    ] = True,
    platform_optional: Annotated[
        bool,
        typer.Option(
            "--platform-optional", help="Leave Kubernetes out, and say so, where its depot is not filled."
        ),
    ] = False,
) -> None:
    """Bring the cluster up: fabric, servers, storage, platform, then measure it and write the report.

    Exit 0: all is as designed. 1: a check failed. 2: bad input. 3: a device refused; the others are done.
    130: interrupted. Run it again at any time: what is right is left alone. Where the depot of its Kubernetes
    is not filled, nothing is changed (3); --platform-optional brings up everything else.

    Example: rackwright up lab
    """
    orders = Orders(engine=engine, layers=tuple(stack or ()), parallel=parallel, look=look)
    orders.optional = platform_optional
    outcome = run_all("up", cluster, orders, as_json, diff)
    code = outcome.exit_code
    if proof and not outcome.interrupted and code != 2:
        code = max(code, _verify(cluster, as_json))
    raise typer.Exit(code)


def _verify(cluster: str, as_json: bool) -> int:
    # Late: a cluster comes up without the checks' libraries.
    from rackwright import pipeline
    from rackwright.report.file import write as write_report
    from rackwright.verify import results
    from rackwright.verify.progress import Progress
    from rackwright.verify.run import verify
    from rackwright.verify.table import show

    result = verify(cluster, Progress(quiet=as_json))
    path = results.write(result)
    page = write_report(pipeline.plan(cluster), result)
    if as_json:
        print(json.dumps({"event": "verify", "ok": result.ok, "result": str(path), "report": str(page)}))
    else:
        show(result, Console())
        typer.echo(f"result: {path}\nreport: {page}")
    return 0 if result.ok else 1
