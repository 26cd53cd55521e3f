"""`make soak SECONDS=600`: start, break, fix, reset and stop labs at random while the worst happens to them."""

import argparse
import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from whole_lab import eventually

from soak import invariants
from soak.faults import FAULTS, Absent, Fault
from soak.ground import Ground
from soak.invariants import Book
from soak.learner import Learner

EARLY = ("starting", "baseline", "breaking")
BACK_WITHIN_S = 60.0
DEEDS_BETWEEN = 3


class Soak:
    """One lab, mistreated; what was survived, and what was not."""

    def __init__(self, ground: Ground, rng: random.Random, tell: Callable[[str], None]) -> None:
        self.ground = ground
        self.lab = ground.lab()
        self.rng = rng
        self.tell = tell
        self.learner = Learner(self.lab, ground.scenarios, rng)
        self.book = Book()
        self.survived: Counter[str] = Counter()
        self.broken: dict[str, list[str]] = defaultdict(list)
        self.absent: dict[str, str] = {}
        self.deeds: Counter[str] = Counter()

    def round(self, fault: Fault) -> None:
        """Some ordinary life, one fault, and what became of the lab."""
        self.learner.heard.clear()
        if not self._lives():
            self.learner.start(anew=self.rng.random() < 0.5)
        if self.rng.random() < 0.7:
            eventually(lambda: self._state() not in EARLY, BACK_WITHIN_S)
        for _ in range(self.rng.randrange(DEEDS_BETWEEN)):
            self.deeds[self.learner.act()] += 1
        if not fault.while_stopped and not self._lives():
            self.learner.start(anew=True)
        self._note()
        try:
            faulty = self._struck_while_stopped(fault) if fault.while_stopped else self._struck(fault)
        except Absent as reason:
            self.absent.setdefault(fault.name, str(reason))
            return
        except Exception as error:
            faulty = [f"{type(error).__name__}: {error}"]
        self.tell(f"{'BROKEN  ' if faulty else 'survived'} {fault.name}")
        for one in faulty:
            self.tell(f"         {one}")
        if faulty:
            self.broken[fault.name] += faulty
            self.lab.run("stop")
            self.lab.clean_up()
            self.book.forget_answers()
        else:
            self.survived[fault.name] += 1

    def end(self) -> list[str]:
        """Stop; what is left."""
        self.lab.run("stop")
        return list(invariants.nothing_is_orphaned(self.lab))

    def _struck(self, fault: Fault) -> list[str]:
        self.learner.accepted = 0
        with ThreadPoolExecutor(1) as pool:
            deed = pool.submit(self.learner.act)
            time.sleep(self.rng.uniform(0, 1))
            with fault.strike(self.ground, self.lab, self.rng):
                if self.rng.random() < 0.5:
                    self.learner.say("status")
                deed.result()
        self.deeds[deed.result()] += 1
        if deed.result() in ("reset", "stop"):
            self.book.forget_answers()
        elif deed.result() == "answer":
            self.book.answered += self.learner.accepted
        return list(self._judged(fault))

    def _struck_while_stopped(self, fault: Fault) -> list[str]:
        console = self.lab.console()
        if console is not None:
            tree = self.lab.tree()
            console.kill()
            if not eventually(lambda: not any(one.is_running() for one in tree), invariants.GONE_WITHIN_S):
                return ["killed, and not all of it ended"]
        with fault.strike(self.ground, self.lab, self.rng):
            if fault.harms_answers:
                self.book.forget_answers()
            if fault.harms_progress:
                self.book.results = set()
            self.learner.start()
        return list(self._judged(fault))

    def _judged(self, fault: Fault) -> Iterator[str]:
        yield from invariants.status_is_true(self.lab)
        yield from invariants.nothing_is_orphaned(self.lab)
        if not self._lives() and self.learner.start().code != 0:
            said = self.learner.start(anew=True)
            if said.code != 0:
                yield f"it cannot be started any more: {said.err[-400:]}"
        eventually(lambda: self._state() not in EARLY, BACK_WITHIN_S)
        if self._state() == "failed":  # the incident did not show itself, and the lab has said so
            self.learner.say("reset", "--no-wait")
            self.book.forget_answers()
        shop = ("request", "GET", "/api/v1/products")
        if not eventually(lambda: self.lab.run(*shop).code == 0, BACK_WITHIN_S):
            yield f"the shop does not come back after {fault.name}: {self.lab.run(*shop).err[-300:]}"
        yield from invariants.nothing_is_lost(self.lab, self.book)
        yield from invariants.words_are_kind(self.learner.heard)
        yield from invariants.log_is_clean(self.lab)

    def _note(self) -> None:
        """What the learner has now; ordinary life must not lose it either, but a reset may."""
        said = self.lab.run("status", "--json")
        if said.code == 0:
            self.book.session, self.book.answered = said.json["id"], said.json["score"]["answered"]

    def _lives(self) -> bool:
        return self._state() not in (None, "stopped", "failed")

    def _state(self) -> str | None:
        said = self.lab.run("status", "--json")
        return str(said.json["state"]) if said.code == 0 else None


def table(soak: Soak) -> str:
    """Fault, times survived, invariants broken."""
    rows = ["| what was done to it | survived | invariants broken |", "| --- | ---: | ---: |"]
    for fault in FAULTS:
        times, broken = soak.survived[fault.name], len(soak.broken[fault.name])
        why = f" ({soak.absent[fault.name]})" if not times and not broken and fault.name in soak.absent else ""
        rows.append(f"| {fault.name}{why} | {times} | {broken} |")
    rows.append(f"| **together** | **{soak.survived.total()}** | **{sum(map(len, soak.broken.values()))}** |")
    return "\n".join(rows)


ABOUT = """<!-- Written by `make soak PAGE=docs/explanation/soak.md`. Do not change it by hand. -->

# What it survives

`make soak SECONDS=600` starts, breaks, fixes, resets and stops labs at random, and mistreats them meanwhile. After each
blow it checks:

- every command ended with a documented exit code, an error in one sentence with one remedy, none with a traceback, and
  the console's log has none either;
- `lab status` tells the truth within two seconds;
- without a console, nothing of the lab runs;
- the lab can be started again, and the shop answers;
- no answer and no result of an earlier run is lost, and the journal adds up to what the status says.

"""


def page(soak: "Soak", seconds: float, seed: int) -> str:
    """The result for readers."""
    when = time.strftime("%Y-%m-%d", time.gmtime())
    did = ", ".join(f"{times} × {deed}" for deed, times in soak.deeds.most_common())
    return (
        f"{ABOUT}{table(soak)}\n\n*{when}, {seconds:.0f} s, seed {seed}, load average at the end "
        f"{os.getloadavg()[0]:.1f}. Meanwhile the learner: {did}.*\n"
    )


def main() -> int:
    """Soak for the time given; 1 when an invariant was broken."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--page", type=Path, help="write the result there for readers")
    parser.add_argument("--only", help="only faults whose name has this in it")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(10_000) if asked.seed is None else asked.seed
    rng = random.Random(seed)
    print(f"{asked.seconds:.0f} s of mistreatment, seed {seed}", flush=True)
    faults = [fault for fault in FAULTS if asked.only is None or asked.only in fault.name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        ground = Ground(Path(folder))
        soak = Soak(ground, rng, lambda text: print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True))
        try:
            for turn in itertools.count():
                if turn % len(faults) == 0:
                    rng.shuffle(faults)
                if time.monotonic() - began > asked.seconds:
                    break
                soak.round(faults[turn % len(faults)])
        finally:
            left = soak.end()
            ground.close()
    text = table(soak)
    print(f"\n{text}\n\nMeanwhile the learner: {dict(soak.deeds)}")
    if left:
        print("\n".join(left))
    if asked.page is not None:
        asked.page.write_text(page(soak, asked.seconds, seed), encoding="utf-8")
    return 1 if left or any(soak.broken.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
