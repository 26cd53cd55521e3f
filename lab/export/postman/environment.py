"""The environment: keys, marked as secret, which Postman then neither shows nor shares."""

from typing import Any

from lab.export.lesson import Lesson
from lab.export.postman.ids import stable


def environment(lesson: Lesson) -> dict[str, Any]:
    """The environment as a document to import."""
    return {
        "id": stable(lesson.id, "environment"),
        "name": f"Beanline: {lesson.title}",
        "values": [
            {"key": name, "value": value, "type": "secret", "enabled": True} for name, value in lesson.secrets.items()
        ],
        "_postman_variable_scope": "environment",
    }
