"""Claims that a scenario's incident rules out, such as "only checkout is affected", found in an update's sentences."""

import re
from collections.abc import Sequence

from pydantic import Field

from lab.core.written import Written
from lab.questions.update.sentences import Sentence, normal

BETWEEN = r"(?:[ \"'(]+(?!(?:not|no|never|hardly|barely|scarcely|cannot)\b)[\w-]+){0,2}[ \"'()-]+"
"""Up to two words may stand between those of a claim: `only the new checkout`. `Pages do not work` is no claim."""


class Claim(Written):
    """A claim that this incident rules out."""

    says: tuple[str, ...] = Field(
        min_length=1,
        description="Ways to say it: words in this order, up to two others between them; `brows*` is also browsing",
    )
    because_not: str = Field(min_length=1, description="The signal in the run that rules it out")


def false_claim(told: Sequence[Sentence], claims: Sequence[Claim]) -> tuple[str, str] | None:
    """The first such claim: the sentence as it is written, and what rules it out."""
    for claim in claims:
        said = re.compile("|".join(_pattern(phrase) for phrase in claim.says))
        for sentence in told:
            if said.search(sentence.whole):
                return sentence.raw, claim.because_not
    return None


def _pattern(phrase: str) -> str:
    """The words in this order, close together; `brows*` is any word that begins so; `not only checkout` is no claim."""
    words = [re.escape(word).replace(r"\*", r"[\w-]*") for word in normal(phrase).lower().split()]
    return rf"(?<!\bnot )(?<!\bnot just )\b{BETWEEN.join(words)}(?![\w-])"
