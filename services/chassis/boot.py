"""What the environment says when the process starts. Read at start, never when the application is built."""

import uuid
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Boot(BaseSettings):
    """Environment variables every service reads, e.g. `PORT`; a service adds its own in a subclass."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int | None = Field(None, ge=0, le=65535, description="Default: the port in service.toml")
    service_version: str | None = Field(None, description="Default: the version in service.toml")
    instance_nonce: str = Field("", description="Told by /health, so that a caller knows which start it meets")
    admin_token_file: Path | None = Field(None, description="File that holds the token of /internal/settings")
    otel_exporter_otlp_endpoint: str = Field("", description="Base address of an OTLP/HTTP receiver; empty: none")
    log_stdout: bool = Field(True, description="JSON log lines on standard output")
    exit_with_parent: bool = Field(False, description="End when the parent process ends")

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("write it like http://127.0.0.1:4318")
        return value

    def admin_token(self) -> str:
        """The token, or an empty string when there is none: then nobody is admitted."""
        if self.admin_token_file is None:
            return ""
        return self.admin_token_file.read_text(encoding="utf-8").strip()

    def instance_id(self) -> str:
        """What `service.instance.id` says."""
        return self.instance_nonce or str(uuid.uuid4())
