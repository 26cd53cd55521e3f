"""Mistakes in the requests that a lesson asks for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from broken_scenarios import mend

from lab.proof.check import Checked
from lab.scenario import catalog

MISTAKES = {
    "an operation that does not exist": (
        "send: GET /api/v1/orders\n",
        "send: GET /api/v1/order\n",
        "nothing answers 'GET /api/v1/order'",
        "'GET /api/v1/orders'",
    ),
    "a key that the lesson does not have": (
        "- id: count\n",
        "- id: count\n          key: support\n",
        "no key 'support'",
        "`keys:`",
    ),
    "a receiver that the lesson does not have": (
        "- id: count\n",
        "- id: count\n          to: sandbox\n",
        "the lesson has no sandbox",
        "`sandbox: {}`",
    ),
    "a question about a request that no step sends": (
        "of: {send: POST /api/v1/orders, status: 201}",
        "of: {send: GET /api/v1/products, status: 200}",
        "no step sends GET /api/v1/products",
        "a step sends",
    ),
    "two steps of one name": ("- id: twice\n", "- id: pay\n", "two steps are called 'pay'", ""),
    "a step before the one it speaks of": (
        "order: {unlike: without}",
        "order: {unlike: count}",
        "speaks of count, which is no step before it",
        "",
    ),
    "a variable that nothing keeps": (
        "{{payment_key}}\"}\n            body:\n              items: [{product_id: \"${product}\", quantity: 2}]",
        "{{other_key}}\"}\n            body:\n              items: [{product_id: \"${product}\", quantity: 2}]",
        "uses {{other_key}}, which no step before it keeps",
        "",
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(catalog.shipped_dir() / "idempotency", tmp_path / "idempotency")
    return tmp_path / "idempotency"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_a_remedy(
    name: str, folder: Path, checked: Callable[[Path], Checked]
) -> None:
    old, new, what, hint = MISTAKES[name]
    mend(folder, old, new)
    found = [one for one in checked(folder).problems if what in one.what]
    assert len(found) == 1, [str(one) for one in checked(folder).problems]
    assert hint in found[0].hint
    assert found[0].line > 1


def test_a_step_that_teaches_nothing_gets_advice(folder: Path, checked: Callable[[Path], Checked]) -> None:
    mend(folder, "notice: Two order numbers, two payments, two bags in the post.\n", "nearly: ''\n")
    found = checked(folder)
    assert found.ok
    assert any("'twice' says nothing when it is done" in one.what for one in found.advice)


def test_a_mistake_on_purpose_may_go_to_an_address_that_does_not_exist(
    folder: Path, checked: Callable[[Path], Checked]
) -> None:
    mend(
        folder,
        "send: GET /api/v1/orders\n          example: {query: {customer_email: pressed.twice@example.com}}\n"
        "          wanted: {status: 200, query: {customer_email: pressed.twice@example.com}}",
        "send: GET /api/v1/moon\n          wanted: {status: 404}",
    )
    assert checked(folder).ok
