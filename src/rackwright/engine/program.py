"""Runs a stack's program against the in-process engine, through the SDK's own seam for monitors.

The SDK's runtime is global: one program per process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pulumi
from pulumi.runtime import mocks, run_in_stack, set_all_config, settings

from rackwright.engine.monitor import Engine, Monitor
from rackwright.engine.project import Project
from rackwright.errors import RackwrightError, UsageError


class ProgramFailed(RackwrightError):
    """The stack program itself raised."""

    exit_code = 3


def _place(error: BaseException, project: Project) -> str:
    """Where in the stack's folder it happened, for people who look for their own line."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(str(project.folder)):
            return f"{frame.filename}:{frame.lineno}"
    return str(project.program)


def run(
    project: Project,
    stack: str,
    config: Mapping[str, str],
    engine: Engine,
    *,
    preview: bool,
    parallel: int,
) -> None:
    """Run the program to its end; every resource that it declares has been registered then.

    :raises RackwrightError: what the program raised on purpose, or ``ProgramFailed`` for anything else.
    """

    def program() -> None:
        runpy.run_path(str(project.program), run_name="__main__")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        # Each registration that waits for its turn holds a thread, as it does in Pulumi's own language host.
        loop.set_default_executor(ThreadPoolExecutor(parallel * 4, thread_name_prefix="program"))
        set_all_config(dict(config), [])
        mocks.set_mocks(
            _NONE, project.name, stack, preview, logging.getLogger("stack"), Monitor(engine), "organization"
        )
        # set_mocks makes a root of its own whose outputs are closed already; run_in_stack makes the real one.
        settings.set_root_resource(None)  # type: ignore[arg-type]
        await run_in_stack(program)

    # The SDK leaves futures of failed resources unread; asyncio would report each of them at the end.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    before, path = os.getcwd(), list(sys.path)
    os.chdir(project.folder)
    sys.path.insert(0, str(project.folder))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            asyncio.run(main())
    except RackwrightError:
        raise
    except pulumi.RunError as error:
        raise UsageError(str(error)) from error
    except SystemExit as error:
        if error.code:
            raise ProgramFailed(f"{project.program}: exited with {error.code}") from error
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, RackwrightError):
            raise cause from None
        raise ProgramFailed(f"{_place(error, project)}: {type(error).__name__}: {error}") from error
    finally:
        os.chdir(before)
        sys.path[:] = path


class _Unused(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, object], None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        raise NotImplementedError(args.typ)


_NONE = _Unused()
