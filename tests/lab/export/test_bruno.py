"""Bruno's own converter takes the collection."""

import newman
import pytest

from lab.export.lesson import Lesson
from lab.export.postman import collection

pytestmark = pytest.mark.e2e  # it needs npm, and installs a package the first time


def test_every_request_arrives_in_bruno(lesson: Lesson) -> None:
    made = collection(lesson)
    converted = newman.bruno(made)
    converted = converted.get("collection", converted)
    assert converted["name"] == made["info"]["name"]
    for folder, imported in zip(made["item"], converted["items"], strict=True):
        asked = [(one["name"], one["request"]["method"]) for one in folder["item"]]
        assert [(one["name"], one["request"]["method"]) for one in imported["items"]] == asked
