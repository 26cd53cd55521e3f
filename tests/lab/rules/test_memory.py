"""What a rule keeps between requests is bounded."""

from random import Random

from lab.rules import KEPT_AT_MOST, Memory


def test_the_oldest_is_forgotten_when_there_is_too_much():
    memory = Memory(Random(0))
    for number in range(KEPT_AT_MOST + 5):
        memory.keep(str(number), number)
    assert len(memory.kept) == KEPT_AT_MOST
    assert "4" not in memory.kept
    assert "5" in memory.kept


def test_keeping_again_forgets_nothing():
    memory = Memory(Random(0))
    for _ in range(3):
        memory.keep("same", 1)
    assert memory.kept == {"same": 1}
