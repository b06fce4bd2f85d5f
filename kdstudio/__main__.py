"""``kdstudio`` and ``python -m kdstudio``: the window without arguments, else the command line."""

import sys


def main() -> None:
    """Load only what was asked for: the command line runs where there is no Qt."""
    arguments = sys.argv[1:]
    if arguments:
        from kdstudio.cli.commands import run_command_line

        sys.exit(run_command_line(arguments))
    from kdstudio.gui.app import main as open_window

    open_window()


if __name__ == "__main__":
    main()
