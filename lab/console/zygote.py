"""`python -m lab.console.zygote`: the console and its services imported once, every desk of a proof forked from it."""

from collections.abc import Callable

from lab.console.__main__ import main
from lab.processes.zygote import serve_parent
from lab.remote.spawn import MODULE
from lab.runtimes import warm


def programs() -> dict[str, Callable[[], object]]:
    """The console of the home that LAB_HOME names; the services it will fork are warm in it."""
    import uvicorn  # noqa: F401

    import lab.console.app
    import lab.console.otlp_out
    import lab.session.owner  # noqa: F401

    warm.programs()
    return {MODULE: lambda: main([])}


if __name__ == "__main__":
    serve_parent(programs)
