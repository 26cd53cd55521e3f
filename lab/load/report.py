"""Locust's own files of a run: its HTML report and CSV tables, plus our results as JSON."""

import csv
import json
from pathlib import Path
from typing import Any

import gevent
from locust import stats as locust_stats

HISTORY_S = 1  # a point a second in Locust's charts: runs are short


class Files:
    """Writes what Locust writes, during the run and at its end."""

    def __init__(self, environment: Any, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.environment = environment
        self.html = out / "locust.html"
        self.csv = out / "locust_stats.csv"
        self.json = out / "results.json"
        locust_stats.HISTORY_STATS_INTERVAL_SEC = HISTORY_S
        self._writer = locust_stats.StatsCSVFileWriter(
            environment, locust_stats.PERCENTILES_TO_REPORT, str(out / "locust")
        )
        self._greenlets = [
            gevent.spawn(locust_stats.stats_history, environment.runner),
            gevent.spawn(self._writer.stats_writer),
        ]

    def finish(self, results: dict[str, Any]) -> dict[str, str]:
        """Write everything; the paths by kind."""
        from locust.html import (
            get_html_report,
        )  # brings the template engine: only a finished load test needs it

        gevent.killall(self._greenlets)
        self._writer.close_files()
        # The writer's last round lies up to a second back: write the tables again, complete.
        tables = locust_stats.StatsCSV(self.environment, locust_stats.PERCENTILES_TO_REPORT)
        for name, write in (
            ("locust_stats.csv", tables.requests_csv),
            ("locust_failures.csv", tables.failures_csv),
            ("locust_exceptions.csv", tables.exceptions_csv),
        ):
            with self.csv.with_name(name).open("w", newline="") as file:
                write(csv.writer(file))
        self.html.write_text(get_html_report(self.environment, show_download_link=False), encoding="utf-8")
        self.json.write_text(json.dumps(results, indent=2), encoding="utf-8")
        return {"html": str(self.html), "csv": str(self.csv), "json": str(self.json)}
