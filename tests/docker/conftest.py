"""The tests' image goes with them; what it is built from stays in the builder's cache."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from contained_lab import IMAGE


@pytest.fixture(scope="session", autouse=True)
def no_image_left() -> Iterator[None]:
    """KEEP_IMAGE=1 keeps it, to run a test again sooner."""
    yield
    if os.environ.get("KEEP_IMAGE") != "1":
        subprocess.run(["docker", "rmi", "--force", IMAGE], capture_output=True, check=False)
