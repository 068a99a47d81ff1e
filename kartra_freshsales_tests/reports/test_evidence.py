"""The evidence bundle: reproducible, nameless, worthless once a byte is changed (G14)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.reports import evidence_files
from kartra_freshsales.reports.evidence import CERTIFICATE, PUBLIC_KEY, SIGNATURE, Sealed
from kartra_freshsales.reports.evidence_check import check_bundle
from kartra_freshsales.reports.signing import workspace_signer
from kartra_freshsales_tests.reconcile import scenario as s
from kartra_freshsales_tests.reports import evidence_scenario as e

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> e.Scene:
    return e.scene(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def sealed(scene: e.Scene) -> Sealed:
    return scene.sealed()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


def fault(path: Path, key: Path | None = None) -> str:
    """The first thing that does not hold."""
    return check_bundle(path, key)[-1].fault


# G14
def test_a_bundle_proves_itself_alone(sealed: Sealed, tmp_path: Path) -> None:
    checks = check_bundle(Path(shutil.copy(sealed.bundle, tmp_path)))
    assert len(checks) == 8
    assert all(check.holds for check in checks), checks


# G14: no clock, no order of a dictionary, nothing of the machine
def test_the_same_state_makes_the_same_bytes(scene: e.Scene, sealed: Sealed) -> None:
    before = sealed.bundle.read_bytes()
    sealed.bundle.unlink()
    again = scene.sealed()
    assert again.bundle == sealed.bundle
    assert again.bundle.read_bytes() == before
    assert scene.sealed({e.DEAL: {"amount": "1.00"}}).bundle != sealed.bundle


# G14: the signature is over the very bytes of the file, for any tool that knows Ed25519
def test_the_certificate_is_signed_as_it_lies_there(sealed: Sealed) -> None:
    files = e.unpacked(sealed.bundle)
    key = load_pem_public_key(files[PUBLIC_KEY])
    key.verify(files[SIGNATURE], files[CERTIFICATE])  # type: ignore[union-attr, call-arg]
    assert (files[CERTIFICATE], files[SIGNATURE]) == (sealed.certificate, sealed.signature)


# S8, G14
def test_the_certificate_names_all_it_rests_on(scene: e.Scene, sealed: Sealed) -> None:
    said = json.loads(sealed.certificate)
    assert said["verdict"] == "pass"
    assert said["account"] == "acme.example.com"
    assert said["plan_digests"] == {"jan": "a" * 64}
    assert said["mapping_digest"] == "b" * 64
    assert said["chain"] == dict(scene.record.ends)
    assert said["spot_check"] == {"seed": said["chain"]["intent_head"], "records": 4}
    assert set(said["files"]) == set(e.unpacked(sealed.bundle)) - {CERTIFICATE, SIGNATURE}


# G18: names, addresses and companies of the source stand in no file of it
def test_a_bundle_names_no_customer(sealed: Sealed) -> None:
    for name, content in e.unpacked(sealed.bundle).items():
        for person in e.PEOPLE:
            assert person.encode() not in content, name
    comparison = e.unpacked(sealed.bundle)["comparison.csv"].decode()
    assert "b***@e***" in comparison
    assert ",12.50,12.50,equal" in comparison  # an amount names nobody


# G14: a spreadsheet takes every cell for text
def test_every_cell_of_a_bundle_is_safe_in_a_spreadsheet(scene: e.Scene) -> None:
    changes: s.Changes = {e.CONTACT: {"first_name": "=HYPERLINK(1)"}}
    table = e.unpacked(scene.sealed(changes).bundle)["comparison.csv"].decode()
    assert "'=*** (13)" in table
    assert ",=" not in table


# G14: whatever byte of whatever file is changed, it shows
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_changed_byte_shows(sealed: Sealed, place: Path, data: st.DataObject) -> None:
    files = e.unpacked(sealed.bundle)
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    mask = data.draw(st.integers(1, 255))
    content = bytearray(files[name])
    content[at] ^= mask
    path = e.packed(place / "flipped.zip", {**files, name: bytes(content)})
    assert fault(path)


# G14
@pytest.mark.parametrize("name", ["comparison.csv", "reports/reconciliation_report.md"])
def test_a_missing_file_is_named(sealed: Sealed, place: Path, name: str) -> None:
    files = e.unpacked(sealed.bundle)
    del files[name]
    assert fault(e.packed(place / "missing.zip", files)) == f"{name} is missing"


# G14
def test_a_file_put_in_afterwards_is_named(sealed: Sealed, place: Path) -> None:
    files = e.unpacked(sealed.bundle) | {"more.csv": b"a\n"}
    assert fault(e.packed(place / "more.zip", files)) == "more.csv was put in afterwards"


# G14: a bundle that lost bytes on its way says so, wherever they were
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 0.99))
def test_a_cut_off_bundle_is_damaged(sealed: Sealed, place: Path, share: float) -> None:
    whole = sealed.bundle.read_bytes()
    path = place / "cut.zip"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "damaged" in fault(path)


# G14: the table of all fields is written in pieces, and is one table all the same
def test_a_table_of_many_pieces_is_one_table(
    scene: e.Scene, sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sealed.bundle.read_bytes()
    monkeypatch.setattr(evidence_files, "_ROWS_AT_ONCE", 3)
    assert scene.sealed().bundle.read_bytes() == before


# G14
def test_what_is_no_bundle_is_told_so(place: Path) -> None:
    path = place / "noise.zip"
    path.write_bytes(b"PK\x03\x04 not a zip")
    assert "no ZIP file" in fault(path)


# G14: a forger can sign what they made, but not with our key
def test_another_key_shows_where_the_right_one_is_known(
    scene: e.Scene, sealed: Sealed, tmp_path: Path
) -> None:
    right = tmp_path / "public_key.pem"
    right.write_bytes(sealed.public_key)
    forged = scene.sealed(signer=workspace_signer(tmp_path)).bundle
    assert fault(forged) == ""
    assert "another key" in fault(forged, right)


def _without_line(name: str, at: int) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        lines = files[name].splitlines(keepends=True)
        return {**files, name: b"".join(lines[:at] + lines[at + 1 :])}

    return changed


def _replaced(name: str, old: bytes, new: bytes) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        assert old in files[name]
        return {**files, name: files[name].replace(old, new, 1)}

    return changed


# G14, G4: even who holds the key cannot make figures agree that do not
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_line("intents.csv", 2), "intent 2 is missing"),
        (_replaced("intents.csv", b",create,", b",update,"), "intent 1 was changed"),
        (_without_line("events.csv", 6), "the last event is not the one"),
        (_replaced("intents.csv", b",confirmed,", b",failed,"), "the state of intent 1"),
        (_without_line("source_rows.csv", 1), "does not count what source_rows.csv holds"),
        (_replaced("source_rows.csv", b",loaded,", b",lost,"), "is in no state, or in two"),
        (_replaced("sums.csv", b"12.50,12.50", b"12.50,1.49"), "said to be what it is not"),
        (_without_line("records.csv", 1), "the certificate counts other modules"),
        (_replaced("comparison.csv", b",equal,,equal", b",missing,,field_missing"),
         "the certificate counts other modules"),
    ],
)  # fmt: skip
def test_tables_that_do_not_agree_are_found_behind_a_good_signature(
    scene: e.Scene,
    sealed: Sealed,
    place: Path,
    change: Callable[[Files], Files],
    said: str,
) -> None:
    files = change(e.unpacked(sealed.bundle))
    path = e.packed(place / "signed.zip", e.signed_anew(files, scene.signer))
    assert said in fault(path)


def _verdict(said: dict[str, Any]) -> None:
    said["verdict"] = "fail"


def _threshold(said: dict[str, Any]) -> None:
    said["thresholds"]["orphans"] = 7


def _measure(said: dict[str, Any]) -> None:
    said["measured"][0]["measured"] = "99 % (99 of 100)"


# S8, G14: thresholds are measured again
@pytest.mark.parametrize("change", [_verdict, _threshold, _measure])
def test_a_certificate_that_its_tables_do_not_bear_out_is_found(
    scene: e.Scene, sealed: Sealed, place: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    files = e.signed_anew(e.unpacked(sealed.bundle), scene.signer, change)
    assert "is not what its tables give" in fault(e.packed(place / "lie.zip", files))


# S8: a failed migration has evidence of its own, and it holds
def test_a_failed_certificate_is_evidence_too(scene: e.Scene) -> None:
    sealed = scene.sealed({e.DEAL: {"amount": "1.00"}})
    assert json.loads(sealed.certificate)["verdict"] == "fail"
    assert fault(sealed.bundle) == ""
