"""The `lab` command: an HTTP client of the console. Importing this imports almost nothing."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from lab.cli.root import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
