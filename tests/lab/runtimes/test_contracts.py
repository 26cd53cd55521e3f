"""What services tell of themselves without being started."""

from dataclasses import replace

import pytest

from lab.runtimes.contracts import contracts
from lab.runtimes.service_files import service_files


def test_a_service_that_cannot_be_built_without_starting_it_has_no_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    started_only = {**service_files(), "orders": replace(service_files()["orders"], factory=None)}
    monkeypatch.setattr("lab.runtimes.contracts.service_files", lambda: started_only)
    assert contracts(["orders"]) == {}
