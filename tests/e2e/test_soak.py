"""The soak itself works: one round of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.crash, pytest.mark.timeout(300)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_lab_survives_a_damaged_address_file_and_the_table_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "soak", "--seconds", "1", "--seed", "2", "--only", "address file"],
        env={**os.environ, "PYTHONPATH": "tests"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| the console's address file is damaged | 1 | 0 |" in done.stdout
    assert "| **together** | **1** | **0** |" in done.stdout
