"""Writing a file whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that only we may read, or those whom `mode` names; a reader finds the old text or the new one."""
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.chmod(mode)  # whatever the umask took away
    part.replace(path)
