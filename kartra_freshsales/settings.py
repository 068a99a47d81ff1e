"""Environment and workspace, read once and validated. Secrets are ``SecretStr``.

What does not belong here: migration decisions (they live in ``mappings/*.yaml``).
"""

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kartra_freshsales.errors import SettingsError


class Workspace:
    """The folders of one migration. Paths are derived, never configured one by one."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @cached_property
    def inbox(self) -> Path:
        """Batch folders ``<batch>/*.csv`` as a person dropped them."""
        return self.root / "inbox"

    @cached_property
    def mappings(self) -> Path:
        """The decision files."""
        return self.root / "mappings"

    @cached_property
    def data(self) -> Path:
        """Frames (Parquet), the ledger and Dagster's own storage."""
        return self.root / "data"

    @cached_property
    def reports(self) -> Path:
        """Scope, reconciliation, queues: everything a person reads."""
        return self.root / "reports"

    @property
    def ledger_url(self) -> str:
        """The embedded ledger, used where no ``KF_LEDGER_URL`` is set."""
        return f"sqlite:///{self.data / 'ledger.sqlite'}"

    def batches(self) -> list[str]:
        """Keys of the batch folders that hold at least one file, sorted."""
        if not self.inbox.is_dir():
            return []
        folders = (path for path in self.inbox.iterdir() if path.is_dir())
        return sorted(
            p.name for p in folders if any(child.is_file() for child in p.iterdir())
        )


class Settings(BaseSettings):
    """What differs between machines and accounts: the environment, then ``.env``."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    workspace_dir: Path = Field(default=Path(), validation_alias="KF_WORKSPACE")
    base_url: str = Field(default="", validation_alias="FRESHSALES_BASE_URL")
    api_key: SecretStr = Field(default=SecretStr(""), validation_alias="FRESHSALES_API_KEY")
    ledger_url: str = Field(default="", validation_alias="KF_LEDGER_URL")
    requests_per_hour: int | None = Field(
        default=None, ge=0, validation_alias="KF_REQUESTS_PER_HOUR"
    )
    requests_per_minute: int | None = Field(
        default=None, ge=0, validation_alias="KF_REQUESTS_PER_MINUTE"
    )
    live_use_reserve: float = Field(
        default=0.2, ge=0.0, lt=1.0, validation_alias="KF_LIVE_USE_RESERVE"
    )
    timeout_seconds: float = Field(
        default=30.0, gt=0, validation_alias="KF_TIMEOUT_SECONDS"
    )

    @property
    def workspace(self) -> Workspace:
        """The folders of this migration."""
        return Workspace(self.workspace_dir)

    @property
    def ledger(self) -> str:
        """SQLAlchemy URL of the ledger."""
        return self.ledger_url or self.workspace.ledger_url

    def require_destination(self) -> None:
        """Raise ``SettingsError`` unless both the address and the key are there."""
        for name, value in (
            ("FRESHSALES_BASE_URL", self.base_url),
            ("FRESHSALES_API_KEY", self.api_key.get_secret_value()),
        ):
            if not value:
                raise SettingsError(
                    f"{name} is not set.",
                    remedy="Put it into the environment or into .env of the workspace.",
                )


def read_settings(workspace: Path | None = None) -> Settings:
    """Read the environment, then ``.env`` of the workspace for what it leaves open.

    Raises:
        SettingsError: a value cannot be read; names the variable and what is allowed.
    """
    try:
        first = Settings()
        root = workspace or first.workspace_dir
        env_file = root / ".env"
        settings = Settings(_env_file=env_file if env_file.is_file() else None)
    except ValidationError as error:
        problem = error.errors()[0]
        raise SettingsError(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}.",
            remedy="Correct it in the environment or in .env of the workspace.",
        ) from None
    return settings.model_copy(update={"workspace_dir": root})
