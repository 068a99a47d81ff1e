"""What assets are given: the workspace with its decisions, and the destination."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dagster import ConfigurableResource

from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.settings import Settings, Workspace, read_settings


class WorkspaceResource(ConfigurableResource):  # type: ignore[type-arg]
    """The folder of one migration; empty means ``KF_WORKSPACE``, else here."""

    root: str = ""

    def settings(self) -> Settings:
        """Environment and ``.env`` of the workspace, validated."""
        return read_settings(Path(self.root) if self.root else None)

    @property
    def workspace(self) -> Workspace:
        """The folders."""
        return self.settings().workspace

    def mapping(self) -> Mapping:
        """The decisions as they stand in ``mappings/*.yaml`` now."""
        folder = self.workspace.mappings
        files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
        return _mapping(folder, tuple((file.name, file.read_bytes()) for file in files))

    def withdrawn(self, batches: Iterable[str]) -> set[str]:
        """Which of these batches count for nothing: declared so, or without a folder.

        An inbox without any folder says nothing: it may be on another machine, or emptied
        after the migration.
        """
        there, declared = self.workspace.batches(), self.mapping().source.withdrawn
        absent = set(batches) - set(there) if there else set()
        return absent | (set(declared) & set(batches))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for rows that are being worked on, on the disk that will hold them."""
        data = self.workspace.data
        data.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".scratch-", dir=data) as name:
            yield Path(name)

    def write_report(self, name: str, text: str) -> Path:
        """Write ``text`` below ``reports/`` and return its path."""
        path = self.workspace.reports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@lru_cache(maxsize=4)
def _mapping(folder: Path, _contents: tuple[tuple[str, bytes], ...]) -> Mapping:
    """The decisions of a folder, parsed once for as long as its files read the same.

    Every asset asks for them, and parsing took two thirds of the time of a small load. Size
    and time of change would not do: what is approved rests on what the files say.
    """
    return load_mapping(folder)
