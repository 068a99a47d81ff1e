"""``verify BUNDLE`` and ``evidence``: what a person sees of proof (G14)."""

from pathlib import Path

import pytest

from kartra_freshsales_tests.cli.scenario import Place, call
from kartra_freshsales_tests.reports import evidence_scenario as e


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    return e.scene(folder).sealed().bundle


def test_a_good_bundle_holds_and_names_its_key(bundle: Path) -> None:
    key = bundle.parents[1] / "public_key.pem"
    said = call("verify", bundle, "--json")
    assert (said.code, said.facts["passed"]) == (0, True)
    assert len(said.facts["key"]) == 64
    assert "add --key" in said.err
    sure = call("verify", bundle, "--key", key)
    assert sure.code == 0
    assert "add --key" not in sure.err
    assert "Evidence: holds" in sure.out


def test_a_changed_bundle_ends_with_code_1_and_names_what_does_not_hold(
    bundle: Path, tmp_path: Path
) -> None:
    files = e.unpacked(bundle)
    files["comparison.csv"] = files["comparison.csv"].replace(b"equal", b"wrong", 1)
    said = call("verify", e.packed(tmp_path / "changed.zip", files))
    assert said.code == 1
    assert "comparison.csv was changed" in said.screen
    assert "do not rely on this one" in said.err


def test_a_bundle_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    said = call("verify", tmp_path / "none.zip")
    assert said.code == 1
    assert "cannot be read" in said.err
    assert "Name the .zip file" in said.err


def test_evidence_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    place = Place.new(tmp_path / "workspace")
    said = call("evidence", "--workspace", place.root)
    assert said.code == 1
    assert "Nothing was loaded here" in said.err
    assert "kartra-freshsales migrate" in said.err
