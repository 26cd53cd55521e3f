"""Ids that stay the same each time something is exported."""

import uuid

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://beanline.example/collections")


def stable(*parts: object) -> str:
    """The id of something named by these."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, parts))))
