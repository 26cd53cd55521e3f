"""Steps of an exercise: requests that a learner sends with any client, told from what was received.

`received` is what arrived, `step` what is asked, `wanted` and `fitting` whether the one is the other and what differs,
`template` the request that a step can be done with, `sending` who does it.
"""
