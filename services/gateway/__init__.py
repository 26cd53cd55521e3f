"""The public door of the shop: keys, limits, and a resilient way to the order system.

A request passes `admission` (key, scope, rate, size), then `upstream` (cache, breaker, attempts); `forward` joins them.
"""
