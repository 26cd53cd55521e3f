"""The lab's directory belongs to whoever made it."""

import os
import stat
from pathlib import Path

import pytest

from lab.remote.home import made


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
def test_a_new_home_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        home = made(tmp_path / "state" / "faultlab")
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_home_that_is_there_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert stat.S_IMODE(made(tmp_path).stat().st_mode) == 0o750
