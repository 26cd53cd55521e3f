"""Locust without the parts this program never uses: its web pages (Flask) and its worker protocol (ZeroMQ).

They are a fifth of the process's memory and a third of its start. Placeholders stand where those two modules
would be, and whoever calls them is told so.
"""

import sys
import types


class Unused:
    """Stands for what was left out."""

    def __init__(self, *_: object, **__: object) -> None:
        raise RuntimeError("this process runs locust without its web pages and without workers")


def leave_out_unused() -> None:
    """Call before the first import of locust; later it changes nothing."""
    if "locust" in sys.modules:
        return
    for module, names in (("locust.web", ["WebUI"]), ("locust.rpc", ["Message", "rpc", "zmqrpc"])):
        placeholder = types.ModuleType(module, "left out")
        for name in names:
            setattr(placeholder, name, Unused)
        sys.modules[module] = placeholder
