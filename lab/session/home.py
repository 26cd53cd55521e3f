"""The lab's home folder: where sessions, progress and caches live."""

from pathlib import Path


class Home:
    """Paths under LAB_HOME; nothing is made until it is needed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def console_file(self) -> Path:
        """Where the running console says how to reach it."""
        return self.root / "console.json"

    @property
    def lock(self) -> Path:
        """Held by the one console of this home."""
        return self.root / "console.lock"

    @property
    def sessions(self) -> Path:
        """One folder a session: journal, report, load results."""
        return self.root / "sessions"

    @property
    def runs(self) -> Path:
        """Short-lived files of running systems, under random names."""
        return self.root / "run"

    @property
    def cache(self) -> Path:
        """Prebuilt databases."""
        return self.root / "cache"

    @property
    def progress(self) -> Path:
        """What the learner has done, over all sessions."""
        return self.root / "progress.jsonl"
