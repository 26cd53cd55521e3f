"""Nothing gives the answer away: what the living system and the pages show, searched for words that they must not have.

The running shop (processes, files, telemetry, headers) must hold no word of the lab, of this lesson or of its faults.
The pages may speak of the lesson; they must hold no reason and no hint before it was earned.
"""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lab.changes.edge import Edge
from lab.changes.release import Release
from lab.changes.setting import Setting
from lab.proof.result import Row
from lab.questions import QuestionKind
from lab.rules.rule import Rule
from lab.scenario import Scenario

LAB_WORDS = (
    "scenario",
    "scenarios",
    "fault",
    "faults",
    "faultlab",
    "mitigation",
    "mitigations",
    "symptom",
    "symptoms",
    "debrief",
    "injected",
    "injection",
    "sabotage",
    "chaos",
)
EVERYDAY_KINDS = frozenset({"setting", "release", "edge", "traffic"})
"""Every company changes settings, releases, has edges and traffic: these words tell nothing."""
SHORTEST_PHRASE = 25
"""A sentence of a lesson is longer; shorter texts may be what anybody says."""
AROUND = 40
_BREAK = re.compile(r"\\[nrt]")


@dataclass(frozen=True)
class Surface:
    """Something that can be seen, and its text."""

    group: str
    where: str
    text: str


@dataclass(frozen=True)
class Forbidden:
    """Words (whole ones, in any case) and phrases that must not appear."""

    words: frozenset[str]
    phrases: frozenset[str]


def of_the_system(scenario: Scenario) -> Forbidden:
    """What the running shop must not show: the lab's words, the lesson's id, its faults, its questions."""
    file = scenario.file
    words = {*LAB_WORDS, *_spellings(scenario.id), *_fault_words(scenario)}
    for allowed in file.may_appear:
        words -= {allowed.word.casefold(), *_spellings(allowed.word)}
    asked = [text for one in file.questions for text in (one.ask, *(one.question.option_texts() or ()))]
    return Forbidden(frozenset(words), _phrases([*asked, *_reasons(scenario), *_earned(scenario)]))


def of_the_pages(scenario: Scenario) -> Forbidden:
    """What no page may show before it was earned: why options are right or wrong, and hints."""
    return Forbidden(frozenset(), _phrases([*_reasons(scenario), *_earned(scenario)]))


def _spellings(name: str) -> set[str]:
    parts = re.split(r"[-_ ]", name.casefold())
    return {joint.join(parts) for joint in ("-", "_", " ")}


def _fault_words(scenario: Scenario) -> set[str]:
    """The kinds of the faults and of their rules, and the names of what they set."""
    words: set[str] = set()
    for fault in scenario.file.faults:
        if fault.kind() not in EVERYDAY_KINDS:
            words |= _spellings(fault.kind())
        if isinstance(fault, Edge):
            words |= _spellings(Rule.read(fault.rule).does.kind())
        if isinstance(fault, Setting):
            words |= set(fault.wanted)
        if isinstance(fault, Release):
            words |= set(fault.settings)
    return words


def _reasons(scenario: Scenario) -> list[str]:
    """Every `because`, `because_not` and `trade_off`."""
    found: list[str] = []
    for one in scenario.file.mitigations:
        found += [text for text in (one.because_not, one.trade_off) if text]
    for question in scenario.file.questions:
        found += _texts_of(question.question, {"because", "because_not", "example"})
    return found


def _texts_of(kind: QuestionKind, names: set[str]) -> list[str]:
    def walk(value: Any) -> Iterable[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in names and isinstance(inner, str):
                    yield inner
                else:
                    yield from walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                yield from walk(inner)

    return list(walk(kind.model_dump(mode="json")))


def _earned(scenario: Scenario) -> list[str]:
    """Hints, which have a price, and the debrief, which comes last."""
    paragraphs = re.split(r"\n\s*\n", scenario.texts["debrief"])
    return [*(hint.text for hint in scenario.file.hints), *(" ".join(one.split()) for one in paragraphs)]


def _phrases(texts: Iterable[str]) -> frozenset[str]:
    plain = (_plain(text) for text in texts)
    return frozenset(text for text in plain if len(text) >= SHORTEST_PHRASE)


def _plain(text: str) -> str:
    """Without case, line breaks (those of JSON too) and escapes: a text is the same wherever it stands."""
    return " ".join(_BREAK.sub(" ", text.casefold()).replace("\\", "").split()).rstrip(".?!")


def processes(children: Sequence[psutil.Process]) -> list[Surface]:
    """Arguments and environments of the running shop; what is the user's own environment is left out."""
    found = []
    for process in children:
        try:
            name, words = process.name(), process.cmdline()
            own = {key: value for key, value in process.environ().items() if os.environ.get(key) != value}
        except psutil.Error:
            continue
        shown = " ".join(words).replace(sys.executable, "python").replace(sys.prefix, "")  # a clone may have any name
        found.append(Surface("processes", f"arguments of {name} ({process.pid})", shown))
        text = "\n".join(f"{key}={value}" for key, value in own.items())
        found.append(Surface("processes", f"environment of {name} ({process.pid})", text))
    return found


def files(folder: Path) -> list[Surface]:
    """Names of the files that the run keeps."""
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))]
    return [Surface("file names", str(len(names)), "\n".join(names))]


def telemetry(lines: str) -> list[Surface]:
    """Every span, log record and measured value of the run."""
    return [Surface("telemetry", f"{lines.count(chr(10))} records", lines)]


def found_in(surfaces: Iterable[Surface], forbidden: Forbidden) -> list[str]:
    """Every place where something stands that must not, with the words around it."""
    pattern = _pattern(forbidden.words)
    hits = []
    for surface in surfaces:
        lower = surface.text.casefold()
        match = pattern.search(lower) if pattern else None
        if match:
            hits.append(f"{match[0]!r} in the {surface.where}: {_context(surface.text, *match.span())}")
        plain = _plain(surface.text)
        for phrase in forbidden.phrases:
            at = plain.find(phrase)
            if at >= 0:
                hits.append(f"{phrase[:60]!r} in the {surface.where}: {_context(plain, at, at + len(phrase))}")
                break
    return hits


def judge(surfaces: Sequence[Surface], forbidden: Forbidden) -> list[Row]:
    """One row a group of places."""
    rows = []
    for group in dict.fromkeys(surface.group for surface in surfaces):
        mine = [surface for surface in surfaces if surface.group == group]
        hits = found_in(mine, forbidden)
        said = "nothing" if not hits else f"{len(hits)} found"
        excuse = "If it gives nothing away, list the word under `may_appear:` with the reason."
        instead = f"{hits[0]}. {excuse}" if hits else ""
        rows.append(Row(f"{group} ({_size(mine)})", said, "nothing", not hits, instead))
    return rows


def _size(surfaces: Sequence[Surface]) -> str:
    characters = sum(len(surface.text) for surface in surfaces)
    return f"{characters / 1e6:.1f} MB" if characters >= 1e5 else f"{len(surfaces)} looked at"


def _pattern(words: frozenset[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])")


def _context(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - AROUND) : end + AROUND].split())
