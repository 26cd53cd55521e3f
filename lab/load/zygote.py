"""`python -m lab.load.zygote`: Locust imported once, every run of customers forked from it."""

from collections.abc import Callable

from lab.load.__main__ import main
from lab.load.slim import leave_out_unused
from lab.processes.zygote import serve_parent


def programs() -> dict[str, Callable[[], object]]:
    """The one program, warm."""
    leave_out_unused()
    import gevent

    import lab.load.program  # noqa: F401

    def run() -> int:
        gevent.reinit()
        return main()

    return {"lab.load": run}


if __name__ == "__main__":
    serve_parent(programs)
