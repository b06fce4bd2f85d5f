"""``kdstudio`` and ``python -m kdstudio``: the window without arguments, else the command line."""

import os
import signal
import sys
import threading


def main() -> None:
    """Load only what was asked for: the command line runs where there is no Qt."""
    arguments = sys.argv[1:]
    if arguments:
        signal.signal(signal.SIGINT, _interrupt)
        try:
            code = run(arguments)
        except KeyboardInterrupt:  # while the modules are loaded that would tell of it
            sys.stderr.write("kdstudio: interrupted\n")
            code = 128 + signal.SIGINT
        _leave(code)
    from kdstudio.gui.app import main as open_window

    open_window()


def _interrupt(_number: int, _frame: object) -> None:
    """Raise it from a line of ours, lest the code that Ctrl+C falls into is blamed for it."""
    raise KeyboardInterrupt


def _leave(code: int) -> None:
    """End the program; a thread that code of the user's has left behind keeps nobody waiting."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run a command, and keep what it dies of; returns its exit code."""
    from kdstudio.fault_log import Session, tell

    session = Session("command")
    try:
        from kdstudio.cli.commands import run_command_line

        return run_command_line(arguments)
    except ImportError as error:
        tell(error, f"{error} (something is missing here; install KD Studio anew)")
        return 1
    finally:
        session.end()


if __name__ == "__main__":
    main()
