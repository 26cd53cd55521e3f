"""Reading a stakeholder update: what its sentences say about impact, scope, trend and what comes next.

No model and no keyword count: sentences are split into clauses, and each check looks for one statement (who cannot do
what; how many; which way it moves; who does what next; when the next update comes) or for one fault (a cause stated as
fact, blame, unexplained jargon, a figure or claim that this run contradicts). Lists of words are no sentences and earn
nothing.
"""

from lab.questions.update.check import CHECKS, Check, Known, check_update
from lab.questions.update.claims import Claim

__all__ = ["CHECKS", "Check", "Claim", "Known", "check_update"]
