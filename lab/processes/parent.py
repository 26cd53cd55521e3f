"""A process that ends when the one that started it ends, however that came about."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def follow(parent: int) -> bool:
    """Have the kernel end this process with its parent; False where it cannot.

    `parent` is the parent's id, known from before: the kernel's promise holds from now on only, hence the second
    look. The kernel takes the *thread* that started us for our parent.
    """
    if sys.platform != "linux":
        return False
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    return True
