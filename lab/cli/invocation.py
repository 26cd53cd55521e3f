"""How this program was called, so that every command it prints works when pasted into the same shell."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

_PRODUCT = re.compile(r"^lab(?=$|\s)")
# `See them: lab fix` and `(lab status)`: commands that stand in a sentence without backticks.
_BARE = re.compile(r"(?<=: )(lab [a-z]+\b[^;()`\n]*?)(?=\.?$)|(?<=\()(lab [a-z]+\b[^()`\n]*)(?=\))", re.MULTILINE)


def prefix() -> str:
    """What stands for `lab` in the caller's shell, with LAB_HOME where that was given."""
    return _home_prefix() + _program()


def _program() -> str:
    called = sys.argv[0] if sys.argv and sys.argv[0] else "lab"
    if Path(called).name == "__main__.py":
        return f"{quote(_python())} -m lab.cli"
    found = shutil.which("lab")
    if found and _same(found, called):
        return "lab"
    return quote(called) if os.sep in called and Path(called).exists() else "lab"


def _python() -> str:
    for name in ("python3", "python"):
        found = shutil.which(name)
        # Compared unresolved: a virtual environment's python is a link to the system's, yet not the same.
        if found and Path(found).absolute() == Path(sys.executable).absolute():
            return name
    return sys.executable


def _same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


def _home_prefix() -> str:
    """`LAB_HOME=… ` unless the calling shell surely has it; a pasted command must not reach another lab."""
    home = os.environ.get("LAB_HOME")
    if not home or os.name == "nt" or _inherited(home):
        return ""
    return f"LAB_HOME={quote(home)} "


def _inherited(home: str) -> bool:
    """Whether the terminal's shell was itself started with this LAB_HOME (known on Linux only)."""
    try:
        environment = Path(f"/proc/{os.getsid(0)}/environ").read_bytes()
    except OSError:
        return False
    return f"LAB_HOME={home}".encode() in environment.split(b"\0")


def quote(word: str) -> str:
    """The word as the shell needs it."""
    if os.name == "nt":
        return f'"{word}"' if re.search(r"[\s&|<>^\"]", word) else word
    return shlex.quote(word)


def command(*words: str) -> str:
    """A `lab …` command from its words, quoted where the shell needs it."""
    return " ".join(["lab", *(quote(word) for word in words)])


def pasteable(text: str, stands_for_lab: str) -> str:
    """A command that starts with `lab`, as the calling shell understands it."""
    return _PRODUCT.sub(lambda _: stands_for_lab, text)


def marked(text: str) -> str:
    """The text with every command in backticks."""
    return _BARE.sub(lambda match: f"`{match[0]}`", text)


def segment(text: str) -> str:
    """A word as one segment of an address."""
    from urllib.parse import quote as quote_url

    return quote_url(text, safe="")
