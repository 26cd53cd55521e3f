"""The edge proxy: one process, a listener for each edge, rules that change while requests pass through.

Run as `python -m lab.proxy`. Nothing here imports `lab.rules` before the first rule is set, so that a proxy without
rules stays small and starts quickly.
"""
