"""The texts: placeholders, links and commands that lead somewhere, and no more to read than there is time for."""

import re
from collections.abc import Iterator
from string import Template

from lab.core.errors import did_you_mean
from lab.scenario.lint.reading import Finding, Reading
from lab.scenario.parameters import drawn

WORDS_PER_MINUTE = 180
MOST_WORDS = {"brief": 320, "debrief": 1100}
MOST_PAGER_WORDS = 90
READING_SHARE = 0.6
"""At most so much of the stated minutes may go into reading; the rest is for looking."""
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"`lab ([a-z]+)")


def findings(reading: Reading) -> Iterator[Finding]:
    """What does not lead anywhere, and what is too long."""
    for name, text in reading.scenario.texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            yield from _line(reading, name, number, line)
        most = MOST_WORDS.get(name)
        words = len(text.split())
        if most is not None and words > most:
            what = f"the {name} has {words} words: {words / WORDS_PER_MINUTE:.0f} minutes before anything happens"
            what = what if name == "brief" else f"the {name} has {words} words"
            yield Finding((f"{name}.md", 1, 1), what, f"Keep it below {most}.", in_text=True)
    yield from _pager(reading)
    yield from _commands_in_file(reading)
    minutes = reading_minutes(reading)
    if minutes > READING_SHARE * reading.file.minutes:
        yield Finding(
            ("minutes",),
            f"there are {minutes:.0f} minutes of reading in a lesson of {reading.file.minutes}",
            "Cut the texts, or say how long it really takes.",
        )


def words_to_read(reading: Reading) -> int:
    """How many words a learner reads who reads everything but the trainer's notes."""
    file = reading.file
    texts = [reading.scenario.texts["brief"], reading.scenario.texts["debrief"], file.pager or ""]
    for question in file.questions:
        texts += [question.ask, *(question.question.option_texts() or ())]
    texts += [f"{one.text} {one.detail}" for one in file.mitigations]
    return sum(len(text.split()) for text in texts)


def reading_minutes(reading: Reading) -> float:
    """How long that takes."""
    return words_to_read(reading) / WORDS_PER_MINUTE


def _line(reading: Reading, name: str, number: int, line: str) -> Iterator[Finding]:
    known = _placeholders(reading, name)
    for one in Template(line).get_identifiers():
        if one not in known:
            at = (f"{name}.md", number, line.index(one))
            hint = f"{did_you_mean(one, known)}Known here: {', '.join(sorted(known)) or 'none'}."
            yield Finding(at, f"nothing is called `${{{one}}}` here", hint, in_text=True)
    for target in _LINK.findall(line):
        elsewhere = "://" in target or target.startswith("#")
        if not elsewhere and not (reading.scenario.path / target.partition("#")[0]).exists():
            at = (f"{name}.md", number, line.index(target) + 1)
            hint = "Correct it, or put the file beside this one."
            yield Finding(at, f"the link {target!r} leads nowhere", hint, in_text=True)
    for command in _COMMAND.findall(line):
        if reading.world.commands and command not in reading.world.commands:
            at = (f"{name}.md", number, line.index(f"lab {command}") + 1)
            yield Finding(at, *_no_command(reading, command), in_text=True)


def _placeholders(reading: Reading, name: str) -> set[str]:
    known = set(drawn(reading.scenario.source, reading.scenario.tree, 0))
    if name == "brief":
        known.add("now")
    if name == "debrief":
        known |= set(reading.file.facts)
    return known


def _no_command(reading: Reading, command: str) -> tuple[str, str]:
    hint = f"{did_you_mean(command, reading.world.commands)}`lab --help` lists the commands."
    return f"there is no command `lab {command}`", hint


def _pager(reading: Reading) -> Iterator[Finding]:
    words = len((reading.file.pager or "").split())
    if words > MOST_PAGER_WORDS:
        yield Finding(
            ("pager",),
            f"a pager message of {words} words",
            f"Keep it below {MOST_PAGER_WORDS}: people write in a hurry.",
        )


def _commands_in_file(reading: Reading) -> Iterator[Finding]:
    if not reading.world.commands:
        return
    texts = [(("hints", number, "text"), hint.text) for number, hint in enumerate(reading.file.hints)]
    texts += [(("questions", number, "ask"), one.ask) for number, one in enumerate(reading.file.questions)]
    for at, text in texts:
        for command in _COMMAND.findall(text):
            if command not in reading.world.commands:
                yield Finding(at, *_no_command(reading, command))
