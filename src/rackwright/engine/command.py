"""The command line that both engines share: one stack, one operation, events on standard output."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rackwright.engine import project
from rackwright.engine.events import Summary, writer
from rackwright.errors import RackwrightError
from rackwright.paths import state_dir

OPERATIONS = ("preview", "up", "refresh", "destroy")
Run = Callable[..., Summary]
"""``rackwright.engine.operation.run`` or ``rackwright.engine.pulumi.run``."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run one stack.")
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("--project-dir", type=Path, default=Path())
    parser.add_argument("--stack", required=True, help="usually <cluster>.<shard>")
    parser.add_argument("--config", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--config-file", type=Path, help="instead of Pulumi.<stack>.yaml")
    parser.add_argument(
        "--state-dir", type=Path, help="default: the state of the cluster that the stack's name begins with"
    )
    parser.add_argument("--parallel", type=int, default=64)
    parser.add_argument("--expect-no-changes", action="store_true")
    parser.add_argument("--yes", action="store_true", help="destroy without asking")
    parser.add_argument("--json", action="store_true", help="events as JSON lines")
    return parser.parse_args()


def _confirmed(arguments: argparse.Namespace) -> bool:
    if arguments.operation != "destroy" or arguments.yes:
        return True
    if not sys.stdin.isatty():
        sys.stderr.write("destroy asks first: give --yes where nobody can answer\n")
        return False
    sys.stderr.write(f"Destroy everything in {arguments.stack}? Type its name: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == str(arguments.stack)


def _main(run: Run) -> int:
    arguments = _arguments()
    # Events own stdout: what the program or a library prints goes to stderr, also from C.
    events = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if not _confirmed(arguments):
        return 2
    try:
        config = dict(item.split("=", 1) for item in arguments.config)
    except ValueError:
        sys.stderr.write("--config: expected KEY=VALUE\n")
        return 2
    try:
        project.load(arguments.project_dir)
        return run(
            arguments.operation,
            arguments.project_dir,
            arguments.stack,
            config,
            state_dir=arguments.state_dir or state_dir(arguments.stack.split(".")[0]),
            on_event=writer(events, arguments.json),
            parallel=max(1, arguments.parallel),
            expect_no_changes=arguments.expect_no_changes,
            config_file=arguments.config_file,
        ).exit_code
    except RackwrightError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def main(run: Run) -> None:
    """Carry out the command line with an engine; ends the process."""
    code = _main(run)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    # Threads that still wait for a world that does not answer must not keep the process.
    os._exit(code)
