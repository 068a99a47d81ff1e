"""The workspace's key: made once, kept to its owner, never shown (G14, G18)."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.errors import BadInput
from kartra_freshsales.reports.signing import (
    Signer,
    fingerprint,
    signed_by,
    workspace_signer,
)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return workspace_signer(tmp_path_factory.mktemp("keys"))


def test_a_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    first = workspace_signer(keys)
    (path,) = keys.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert workspace_signer(keys).public_key == first.public_key
    assert b"PRIVATE" in path.read_bytes()


def test_a_key_is_never_shown(signer: Signer) -> None:
    assert repr(signer) == "Signer()"
    assert b"PRIVATE" not in signer.public_key


def test_a_file_that_is_no_key_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "certificate_key.pem").write_text("something else")
    with pytest.raises(BadInput, match=r"holds no Ed25519 key\.(?s:.*)backup"):
        workspace_signer(tmp_path)


@given(text=st.binary(max_size=60), other=st.binary(max_size=60))
def test_a_signature_is_of_one_text_only(signer: Signer, text: bytes, other: bytes) -> None:
    signature = signer.sign(text)
    assert signed_by(signer.public_key, text, signature)
    assert signed_by(signer.public_key, other, signature) == (text == other)


def test_what_is_no_public_key_is_told(signer: Signer) -> None:
    assert len(fingerprint(signer.public_key)) == 64
    with pytest.raises(BadInput, match=r"public_key\.pem"):
        fingerprint(b"nothing")


# G18: a name that nobody without the key can try out
def test_names_of_records_depend_on_the_key(signer: Signer, tmp_path: Path) -> None:
    name = signer.pseudonym("person.1@example.com")
    assert name == signer.pseudonym("person.1@example.com")
    assert name != workspace_signer(tmp_path).pseudonym("person.1@example.com")
    assert len(name) == 32
