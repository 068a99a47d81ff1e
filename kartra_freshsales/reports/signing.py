"""The workspace's own Ed25519 key: signing a certificate, and checking a signature.

The private key never leaves ``data/keys/`` and is never logged. Not here: what is signed
(``evidence``).
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from kartra_freshsales.errors import BadInput

_FILE = "certificate_key.pem"
_PRIVATE_TO_OWNER, _FOLDER = 0o600, 0o700


@dataclass(frozen=True)
class Signer:
    """A private key at work; it cannot be shown."""

    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, text: bytes) -> bytes:
        """The 64 bytes that only this key can make of ``text``."""
        return self._key.sign(text)

    @cached_property
    def public_key(self) -> bytes:
        """What anybody needs to check a signature, as PEM."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def _secret(self) -> bytes:
        raw = self._key.private_bytes_raw()
        return hashlib.sha256(b"kartra-freshsales names of records\0" + raw).digest()

    def pseudonym(self, name: str) -> str:
        """The same name for the same record, of which nobody without the key learns more.

        A plain hash of an address can be found by trying addresses; this cannot.
        """
        return hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()[:32]


def workspace_signer(keys: Path) -> Signer:
    """The key that lies in ``keys``; made on first use, readable by its owner only.

    Raises:
        BadInput: the file there holds no such key.
    """
    path = keys / _FILE
    if not path.exists():
        _make(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(
            f"{path} holds no Ed25519 key.",
            remedy="Put the right file back from your backup. Without it, move this one "
            "away: a new key is made, and earlier certificates keep their own.",
        )
    return Signer(key)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # Written whole under another name first: two runs may both be the first.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_TO_OWNER),
                   "wb") as file:  # fmt: skip
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other run's key is as good
    finally:
        draft.unlink()


def fingerprint(public_key: bytes) -> str:
    """A public key as people compare it: 64 hex digits.

    Raises:
        BadInput: it is no Ed25519 public key.
    """
    raw = _public(public_key).public_bytes_raw()
    return hashlib.sha256(raw).hexdigest()


def signed_by(public_key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the holder of the key belonging to ``public_key`` signed ``text``.

    Raises:
        BadInput: it is no Ed25519 public key.
    """
    try:
        _public(public_key).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(
            "The public key is none that can check a certificate.",
            remedy="Take public_key.pem from whoever made the certificate.",
        )
    return key
