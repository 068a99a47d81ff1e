"""The workspace as a resource: decisions are read once, and again when they change."""

import os
from pathlib import Path

import pytest

from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.errors import MappingError, SettingsError
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.resources import WorkspaceResource


@pytest.fixture
def workspace(tmp_path: Path) -> WorkspaceResource:
    lay_out(tmp_path)
    return WorkspaceResource(root=str(tmp_path))


def destination_file(workspace: WorkspaceResource) -> Path:
    return workspace.workspace.mappings / "destination.yaml"


# G15
def test_an_edited_decision_is_seen_at_once_even_if_size_and_time_stay_the_same(
    workspace: WorkspaceResource,
) -> None:
    before = workspace.mapping()
    assert workspace.mapping() is before
    path = destination_file(workspace)
    facts = path.stat()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\ngroup_size: 100", "\ngroup_size: 050"), "utf-8")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size
    assert workspace.mapping().digest() != before.digest()


def test_a_broken_decision_file_is_refused_each_time_it_is_asked_for(
    workspace: WorkspaceResource,
) -> None:
    workspace.mapping()
    destination_file(workspace).write_text("plan: golden\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(MappingError, match=r"destination\.yaml, line 1"):
            workspace.mapping()


# G18
def test_without_a_key_the_destination_says_what_is_missing_and_shows_no_secret(
    workspace: WorkspaceResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FRESHSALES_BASE_URL", "FRESHSALES_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FRESHSALES_API_KEY", "a-secret-key")
    resource = DestinationResource(workspace=workspace)
    with pytest.raises(SettingsError, match="FRESHSALES_BASE_URL is not set") as caught:
        resource.connect().__enter__()
    assert "a-secret-key" not in str(caught.value)
    assert "a-secret-key" not in repr(workspace.settings())


def test_a_report_lands_below_reports_in_folders_that_need_not_exist(
    workspace: WorkspaceResource,
) -> None:
    path = workspace.write_report("batches/first/contacts.md", "ä")
    assert path == workspace.workspace.reports / "batches" / "first" / "contacts.md"
    assert path.read_text(encoding="utf-8") == "ä"
