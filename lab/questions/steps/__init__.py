"""Steps of an exercise: requests that a learner sends with any client, told from what was received.

`received` is what arrived, `step` what is asked (of `wanted` values), `fitting` which request does which step.
`misses` is what keeps one from it, `attempts` what is told then. `template` is a request that does a step, `sending`
who sends it.
"""
