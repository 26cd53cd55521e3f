"""The lab in containers, seen from the host: the engine, the project's docker-compose.yml, what is left behind.

`docker compose` builds and starts; the engine's API does what it does not: watches while that goes on, says in one
sentence what went wrong, brings reports and progress home, and removes everything by label.
"""
