"""Progress of something that takes over a second: a moving bar on a screen, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from lab.cli.terminal import Terminal

_EVERY_S = 10.0


class Progress(Protocol):
    """Something in progress."""

    def update(self, share: float | None, text: str) -> None:
        """How far it is (0 to 1, None when nobody can know) and what is going on."""
        ...

    def done(self, text: str) -> None:
        """A step that is over, kept on the screen."""
        ...

    def aside(self, say: Callable[[], None]) -> None:
        """Say something in full; the display makes way for it."""
        ...


class _Plain:
    """For pipes and logs: finished steps at once, the rest every ten seconds."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._said_at = time.monotonic()

    def update(self, share: float | None, text: str) -> None:
        now = time.monotonic()
        if now - self._said_at >= _EVERY_S:
            self._said_at = now
            self._terminal.note(f"{text} ({share * 100:.0f} %)" if share is not None else text)

    def done(self, text: str) -> None:
        self._terminal.note(text)

    def aside(self, say: Callable[[], None]) -> None:
        say()


@contextmanager
def progress(terminal: Terminal) -> Iterator[Progress]:
    """A progress display on stderr; it leaves nothing behind but the finished steps."""
    if not terminal.err_is_tty:
        yield _Plain(terminal)
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(file=terminal.err, width=terminal.width, highlight=False)
    columns = (SpinnerColumn(), BarColumn(bar_width=14), TextColumn("{task.description}", markup=False))
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None)

        class _Rich:
            def update(self, share: float | None, text: str) -> None:
                room = terminal.width - 19
                shown = text if len(text) <= room else text[: room - 1] + "…"
                bars.update(task, description=shown, total=None if share is None else 1.0, completed=share or 0.0)

            def done(self, text: str) -> None:
                bars.console.print(text, markup=False, soft_wrap=True)

            def aside(self, say: Callable[[], None]) -> None:
                bars.stop()
                say()
                terminal.flush()
                bars.start()

        yield _Rich()
