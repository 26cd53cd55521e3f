"""What is sent along with pages: colours one can tell apart, libraries as their authors published them."""

import hashlib
import re
from pathlib import Path

import pytest

import lab.console

STATIC = Path(lab.console.__file__).parent / "static"
TOKENS = (STATIC / "css/tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in TOKENS.split(':root[data-theme="dark"]')
)
THEMES = {"light": LIGHT, "dark": {**LIGHT, **DARK}}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


DRAWN = [name for name in LIGHT if re.match(r"(chart-(?!grid)|heat-)", name)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_stands_out_from_its_ground(theme: str, name: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[name], colours["surface"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_baseline_band_does_not_hide_what_is_drawn_on_it(theme: str) -> None:
    colours = THEMES[theme]
    for name in DRAWN:
        if name.startswith("chart"):
            assert contrast(colours[name], colours["sunken"]) >= 3, name


@pytest.mark.parametrize("theme", THEMES)
def test_steps_of_the_heat_map_can_be_told_apart_by_lightness_alone(theme: str) -> None:
    steps = [luminance(THEMES[theme][f"heat-{number}"]) for number in range(1, 5)]
    assert steps == sorted(steps, reverse=theme == "light")
    assert all(contrast(THEMES[theme][f"heat-{n}"], THEMES[theme][f"heat-{n + 1}"]) >= 1.3 for n in range(1, 4))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["ink", "ink-soft", "accent", "bad", "warn", "good"])
@pytest.mark.parametrize("ground", ["paper", "surface", "sunken"])
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    assert contrast(THEMES[theme][ink], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_edges_of_fields_can_be_seen(theme: str) -> None:
    assert contrast(THEMES[theme]["edge"], THEMES[theme]["surface"]) >= 3


def test_libraries_are_what_their_authors_published_and_bring_their_licences() -> None:
    page = (STATIC / "vendor/README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"\| `([\w./-]+)` \| `([0-9a-f]{64})` \|", page))
    files = {str(path.relative_to(STATIC / "vendor")) for path in (STATIC / "vendor").rglob("*.*")} - {"README.md"}
    assert set(stated) == files
    for name, digest in stated.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest
        assert (STATIC / "vendor" / name).with_name("LICENSE").is_file()


def test_our_scripts_ask_nobody_else_and_build_no_code_from_text() -> None:
    for path in [*(STATIC / "js").glob("*.js"), *(STATIC / "css").glob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"https?://|//cdn|@import|\beval\(|new Function|document\.write|insertAdjacentHTML", text
        ), path


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_no_text_is_set_smaller_than_14_px(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for number, unit in re.findall(r"font(?:-size)?:[^;]*?\b(\d*\.?\d+)(px|rem|em)\b", text):
        assert float(number) * (1 if unit == "px" else 16) >= 14, f"{number}{unit}"
    for size in re.findall(r"font:[^;]*?\b(\d+(?:\.\d+)?)px", text):
        assert float(size) >= 14
