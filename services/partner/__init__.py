"""Paylane, a payments API as strangers publish it: two contracts, a quota, its own pace, its own pages.

`door` admits calls, `processing` gives them their time and luck, `ledger` remembers; `v1` and `v2` are the contracts.
"""
