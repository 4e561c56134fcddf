"""The command line: every command by name, each imported only when it is called.

A module ``rackwright.cli.<name>`` gives ``app`` (a typer group) or ``command`` (a function, or one of the
module's own name). A part that is broken or missing breaks its own command and no other.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import typer

from rackwright.errors import BadInput, RackwrightError

COMMANDS = {
    "check": "Read a cluster file and everything it names; every mistake at once.",
    "plan": "Counts, bill of materials, planes, power and racks of a cluster.",
    "render": "Write every file that the design gives: switches, hosts, cable plan, expectations.",
    "validate": "Judge the rendered files: parsers, schemas, a simulated InfiniBand fabric, a RoCE walk.",
    "lab": "Build, look at, break and take down a simulated datacentre.",
    "up": "Bring the cluster up: fabric, servers, storage, platform, proof.",
    "preview": "What `up` would change; changes nothing.",
    "refresh": "Look at the world and record what it holds; changes nothing in it.",
    "destroy": "Take the cluster's configuration away again, in the reverse order; asks first.",
    "configure": "Run the Ansible roles again.",
    "roll": "Bring hosts to the lock batch by batch: drained, changed, proven, returned.",
    "verify": "Measure the cluster against its design.",
    "drift": "Declared against found, layer by layer; changes nothing.",
    "lock": "Host locks: prove them against their rules, compare two of them.",
    "depot": "Programs and container images that a lock names: build, verify, list, serve.",
    "report": "One HTML page: fabric, racks, planes, materials, results.",
}
INTERNAL_ERROR = 70
"""Exit code of a bug of ours (EX_SOFTWARE), so that it is never taken for a verdict."""
_HELP = """GPU clusters from one file: racks, network planes, servers, storage, host software, proofs.

Every command takes the name of a cluster below inventories/ or the path of a cluster file.

Example: rackwright plan lab
"""


def build(chosen: str | None) -> typer.Typer:
    """The command tree, in which only the chosen command is real."""
    tree = typer.Typer(
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        name="rackwright",
    )
    tree.callback()(_root)
    for name, summary in COMMANDS.items():
        if name == chosen:
            _attach(tree, name)
        else:
            tree.command(name, help=summary)(_stub)
    return tree


def _root() -> None:
    pass


_root.__doc__ = _HELP


def _stub() -> None:
    """Never called: the chosen command is attached before the line is parsed."""


def _attach(tree: typer.Typer, name: str) -> None:
    module = importlib.import_module(f"rackwright.cli.{name}")
    if isinstance(group := getattr(module, "app", None), typer.Typer):
        tree.add_typer(group, name=name, help=COMMANDS[name])
        return
    tree.command(name)(getattr(module, "command", None) or getattr(module, name))


def main(argv: list[str] | None = None) -> None:
    """Run a command line and leave with its exit code; an error is a sentence, never a traceback."""
    words = sys.argv[1:] if argv is None else argv
    chosen = next((word for word in words if not word.startswith("-")), None)
    try:
        build(chosen)(words, prog_name="rackwright")
    except BadInput as error:
        print(
            error, file=sys.stderr
        )  # no prefix: editors and CI read file:line:col at the beginning of a line
        sys.exit(error.exit_code)
    except RackwrightError as error:
        print(f"rackwright: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("rackwright: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is reported without the data it stumbled on
        print(_bug(error), file=sys.stderr)
        sys.exit(INTERNAL_ERROR)


def _bug(error: Exception) -> str:
    """Where it happened and not with what: messages may quote inputs, and inputs may hold secrets."""
    if os.environ.get("RACKWRIGHT_DEBUG"):
        return "".join(traceback.format_exception(error))
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "rackwright" in frame.filename] or frames
    place = f"{os.path.basename(ours[-1].filename)}:{ours[-1].lineno}" if ours else "an unknown place"
    return (
        f"rackwright: internal error: {type(error).__name__} at {place}; "
        "this is a bug; RACKWRIGHT_DEBUG=1 shows the traceback"
    )
