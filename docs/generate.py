"""Writes the reference pages from the code: `python docs/generate.py`, or `make docs`.

With `--check` it writes nothing and exits with 1 when a page differs from what the code says now. Every module of
`generators` has `pages()`: file name below `reference/` → text.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from generators import cli, exit_codes, http_api, index, kinds, scenario, search, settings, shapes, telemetry

REFERENCE = Path(__file__).parent / "reference"
PAGES: tuple[Callable[[], dict[str, str]], ...] = (
    cli.pages,
    exit_codes.pages,
    kinds.pages,
    scenario.pages,
    shapes.pages,
    settings.pages,
    search.pages,
    telemetry.pages,
    http_api.pages,
    index.pages,
)


def wanted() -> dict[Path, str]:
    """Every reference page as it should be."""
    return {REFERENCE / name: text.strip() + "\n" for pages in PAGES for name, text in pages().items()}


def differing() -> list[Path]:
    """Pages that are missing, differ, or that nothing generates."""
    pages = wanted()
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return sorted(stale + [path for path in REFERENCE.iterdir() if path not in pages])


def write() -> None:
    """Write every page; leave alone what is right already."""
    pages = wanted()
    for path in differing():
        if path not in pages:
            path.unlink()
            continue
        path.write_text(pages[path], encoding="utf-8")


def main() -> int:
    """Write, or with --check compare."""
    REFERENCE.mkdir(exist_ok=True)
    stale = differing()
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is not what the code says; run `make docs`.", file=sys.stderr)  # noqa: T201  # a program
        return 1 if stale else 0
    write()
    print(f"{len(wanted())} pages, {len(stale)} changed.")  # noqa: T201  # a program
    return 0


if __name__ == "__main__":
    sys.exit(main())
