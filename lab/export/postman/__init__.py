"""Postman: a collection (format 2.1) and an environment, made anew from the lesson and the contracts each time.

Ids are derived from names (uuid5): importing a second time updates what is there instead of adding to it. Secrets are
in the environment alone.
"""

from lab.export.postman.collection import collection
from lab.export.postman.environment import environment

__all__ = ["collection", "environment"]
