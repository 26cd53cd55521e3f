"""`python -m lab.load`: reads a profile as one line of JSON on stdin, then sends customers to that shop."""

import json
import os
import sys

from lab.core.errors import LabError, UsageError
from lab.load.profile import Profile
from lab.load.slim import leave_out_unused
from lab.processes.parent import follow


def first_line() -> tuple[bytes, bytes]:
    """The profile's line, and what has already arrived after it."""
    buffer = b""
    while b"\n" not in buffer:
        chunk = os.read(0, 65536)
        if not chunk:
            break
        buffer += chunk
    line, _, rest = buffer.partition(b"\n")
    return line, rest


def main() -> int:
    """The exit code: 0 ended as told, 2 the profile is wrong, 4 the shop did not answer."""
    parent = os.getppid()
    line, rest = first_line()
    try:
        try:
            profile = Profile.read(json.loads(line))
        except ValueError:
            raise UsageError("The first line is not JSON.", "Send the profile as one line of JSON.") from None
        if profile.exit_with_parent:
            follow(parent)  # off Linux, the end of standard input does it
        leave_out_unused()
        from lab.load.program import Program

        return Program(profile, rest).run()
    except LabError as error:
        message = {"what": error.what, "hint": error.hint, "kind": type(error).__name__}
        os.write(1, json.dumps({"error": message}).encode() + b"\n")
        sys.stderr.write(f"Error: {error.what}\nTry: {error.hint}\n")
        return error.exit_code


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # nothing to tidy up: no threads, no files open; a gevent hub would take its time
