"""Builds the documentation as a site: `make docs`, into `site/`. Exits with 1 at a link that leads nowhere.

The pages are gathered in `build/pages` first, CONTRIBUTING among them, so that a link out of `docs/` leads somewhere.
`--into DIR` builds there, and gathers there too.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SHOWN = {".md", ".webp", ".svg", ".css", ".json"}
GENERATORS = DOCS / "generators"
OUTSIDE = {ROOT / "CONTRIBUTING.md": "contributing.md"}
"""Pages beside `docs/` that the site has too, and what they are called in it."""
LINK = re.compile(r"(\]\()([^)\s#]+)")


def pages() -> Iterator[tuple[Path, Path]]:
    """Everything the site is made of: where it is, and where in the site it goes."""
    for path in sorted(DOCS.rglob("*")):
        if path.suffix in SHOWN and path.is_file() and GENERATORS not in path.parents:
            yield path, path.relative_to(DOCS)
    for path, name in OUTSIDE.items():
        yield path, Path(name)


def gather(into: Path) -> None:
    """Copy it, with links as they are in the site."""
    shutil.rmtree(into, ignore_errors=True)
    places = dict(pages())
    for source, place in places.items():
        target = into / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_relinked(source, place, places), encoding="utf-8")
        else:
            shutil.copyfile(source, target)


def _relinked(source: Path, place: Path, places: dict[Path, Path]) -> str:
    up = "../" * (len(place.parts) - 1)

    def link(found: re.Match[str]) -> str:
        moved = places.get((source.parent / found[2]).resolve())
        return found[0] if moved is None or "://" in found[2] else f"{found[1]}{up}{moved.as_posix()}"

    return LINK.sub(link, source.read_text(encoding="utf-8"))


def prepare(folder: Path) -> None:
    """The pages and the configuration, in a folder."""
    gather(folder / "build/pages")
    if folder != ROOT:
        shutil.copyfile(ROOT / "zensical.toml", folder / "zensical.toml")


def build(folder: Path) -> int:
    """Make the site of what is prepared in a folder; the exit code."""
    config = folder / "zensical.toml"
    words = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(config)]
    return subprocess.run(words, cwd=folder, check=False).returncode  # noqa: S603  # our own words


def main() -> int:
    """Build where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT, metavar="DIR", help="build there instead")
    folder = parser.parse_args().into.resolve()
    prepare(folder)
    return build(folder)


if __name__ == "__main__":
    sys.exit(main())
