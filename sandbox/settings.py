"""What an operator may set, by environment variables that start with `KASAUTI_`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.identifiers.people import Kind


class Settings(BaseSettings):
    """One process's settings; every field has a default that suits a laptop."""

    model_config = SettingsConfigDict(env_prefix="KASAUTI_", frozen=True)

    database: Path = Field(default=Path("kasauti.db"), description="The SQLite file; made when missing.")
    ledger_key: Path = Field(
        default=Path("kasauti-ledger.key"),
        description="The file of the key that signs exports, mode 0600; made on first use.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the server binds to.")
    port: int = Field(default=8000, ge=0, le=65_535, description="Port; 0 takes a free one.")
    group_size: int = Field(default=256, ge=1, le=10_000, description="Most use cases in one commit.")
    ahead_from: int = Field(
        default=16, ge=1, description="So many waiting use cases are decided while a commit is under way."
    )
    readers: int = Field(default=4, ge=1, le=64, description="Read-only connections, one thread each.")
    max_body_bytes: int = Field(default=1_048_576, ge=1_024, description="Largest request body taken.")
    allow_loopback_webhooks: bool = Field(
        default=False, description="Let webhooks go to this machine; never on a shared server."
    )
    webhook_timeout_s: float = Field(default=15.0, gt=0, le=60, description="Patience with a receiver.")
    worker: bool = Field(default=True, description="Run the worker inside the server's process.")
    worker_poll_s: float = Field(
        default=0.25, gt=0, le=60, description="How often idle workers look for due jobs."
    )
    real_numbers: frozenset[Kind] = Field(
        default=frozenset(),
        description='Kinds of real people\'s numbers to take, such as ["cnic"]; of others only synthetic ones.',
    )
    iso8583_host: str = Field(
        default="127.0.0.1", description="Address of the ISO 8583 listener; it has no encryption of its own."
    )
    iso8583_port: int | None = Field(
        default=None, ge=0, le=65_535, description="Port of the ISO 8583 listener; none without one."
    )
    telemetry: bool = Field(
        default=False, description="Report requests to OpenTelemetry, where its SDK is configured."
    )
