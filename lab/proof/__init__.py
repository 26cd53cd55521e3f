"""The author gate: a machine proves that a scenario teaches what it says, before a person meets it.

A proof drives labs as a user does, each console a process in a temporary home, reached over HTTP. `steps/` has one file
a step: what is observed, and the judgement of it, which is a plain function so that it can be tested on a record.
"""
