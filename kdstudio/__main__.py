"""``kdstudio`` and ``python -m kdstudio``: the window without arguments, else the command line."""

import os
import sys


def main() -> None:
    """Run the command line; set what must be set before torch is first imported."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads must not spin beside a window
    from kdstudio.cli.commands import run_command_line

    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
