"""What can be changed about Paylane: live settings, and its environment."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from services.chassis import Boot, Service, ServiceSettings, setting

PageState = Literal["operational", "degraded", "partial_outage", "major_outage", "maintenance"]


class Settings(ServiceSettings):
    """Live settings; the same list as in service.toml."""

    v1_enabled: bool = setting(True, "Whether version 1 still answers; otherwise 410.")
    v1_deprecation_date: str = setting(
        "2026-04-01", "Since when version 1 is deprecated, told in its Deprecation header; empty: no header."
    )
    v1_sunset_date: str = setting("2027-03-31", "When version 1 ends, told in its Sunset header; empty: no header.")
    quota_rps: float = setting(50.0, "Calls a second that one API key may make.", unit="requests/s", gt=0)
    quota_burst: float = setting(
        0.0, "Calls that one API key may make at once; 0: as many as quota_rps.", unit="requests", ge=0
    )
    refusal_cost: float = setting(
        0.2, "What a refused call costs of the quota, as a share of a call.", unit="calls", ge=0, le=1
    )
    latency_median_ms: float = setting(40.0, "Half of the calls take less time than this.", unit="ms", ge=0)
    latency_p99_ms: float = setting(
        120.0,
        "99 of 100 calls take less time than this; at or below the median all take the same.",
        unit="ms",
        ge=0,
    )
    latency_seed: int = setting(1, "Seed of the drawn latencies.")
    latency_per_concurrent_ms: float = setting(
        0.0, "Added latency for every other call that is being worked on.", unit="ms", ge=0
    )
    max_concurrent: int = setting(64, "Calls worked on at the same time; others queue.", unit="calls", ge=1)
    queue_limit: int = setting(256, "Calls that may queue; beyond it 503.", unit="calls", ge=0)
    finish_abandoned: bool = setting(True, "Whether work goes on for callers who have hung up.")
    failure_share: float = setting(0.0, "Share of calls that end in failure_status.", ge=0, le=1)
    failure_status: int = setting(500, "The status of calls that fail.", ge=500, le=599)
    decline_share: float = setting(0.0, "Share of payments declined with 402.", ge=0, le=1)
    outcome_seed: int = setting(1, "Seed of which calls fail and which payments are declined.")
    webhook_attempts: int = setting(
        5, "How often an event is sent to a webhook endpoint that does not take it.", unit="attempts", ge=1, le=20
    )
    webhook_retry_s: float = setting(
        2.0, "Pause before the second attempt; it doubles with each further one.", unit="s", gt=0
    )
    webhook_timeout_ms: float = setting(3000.0, "How long a webhook endpoint may take to answer.", unit="ms", gt=0)
    published_quota_rps: float = setting(50.0, "The quota that the developers page states.", unit="requests/s", gt=0)
    published_v1_sunset_date: str = setting(
        "2027-03-31", "The end of version 1 that the developers page states; empty: none stated."
    )
    status_page_state: PageState = setting("operational", "What the status page says.")
    status_page_text: str = setting("", "What the status page says about it; empty: the usual words.")
    changelog_until: str = setting("", "Changelog entries after this date are not published yet; empty: all are.")

    @field_validator("v1_deprecation_date", "v1_sunset_date", "published_v1_sunset_date", "changelog_until")
    @classmethod
    def _is_date(cls, value: str) -> str:
        if value:
            try:
                date.fromisoformat(value)
            except ValueError:
                raise ValueError("write the date like 2027-03-31, or leave it empty") from None
        return value


class Environment(Boot):
    """Environment variables: the chassis's and `PARTNER_API_KEYS_FILE`."""

    partner_api_keys_file: Path | None = Field(
        None, description="JSON list of {key, name, request_log}; without it one development key"
    )


Partner = Service[Settings, Environment]
