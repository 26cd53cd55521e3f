"""Labs that start at the same moment on one machine leave each other alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from whole_lab import WholeLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_three_labs_started_at_once_all_run_and_each_is_stopped_by_its_own(tmp_path: Path) -> None:
    labs = [WholeLab(tmp_path / str(number)) for number in range(3)]
    try:
        with ThreadPoolExecutor(3) as pool:
            started = list(pool.map(lambda lab: lab.get("start", "rate-limit", "--no-wait"), labs))
        assert len({one["addresses"]["console"] for one in started}) == 3
        assert len({one["addresses"]["gateway"] for one in started}) == 3
        for number, lab in enumerate(labs):
            assert lab.run("stop").code == 0
            for other in labs[number + 1 :]:
                assert other.get("status")["state"] in ("baseline", "breaking", "open")
    finally:
        for lab in labs:
            lab.clean_up()
