"""What only some systems can do, for tests of it."""

import sys

import pytest

forks = pytest.mark.skipif(sys.platform != "linux", reason="the lab forks its processes on Linux alone")
"""Elsewhere it starts each of them anew, so there is nothing of this to test."""
