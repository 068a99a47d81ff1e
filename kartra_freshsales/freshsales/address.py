"""What stands in FRESHSALES_BASE_URL and FRESHSALES_API_KEY: is it usable, and whose is it?

Suite answers under ``/crm/sales/api``, Classic under ``/api`` of ``*.freshsales.io``
(reference, section 1). Pure. Not here: asking whether anybody answers there (``exchange``).
"""

from urllib.parse import urlsplit

from pydantic import SecretStr

from kartra_freshsales.errors import SettingsError
from kartra_freshsales.freshsales.modules import CLASSIC, SUITE

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PATHS = {SUITE: "/crm/sales/api", CLASSIC: "/api"}
"""Edition → the path its API answers under."""

_HOSTS = {SUITE: (".myfreshworks.com", ".freshworks.com"), CLASSIC: (".freshsales.io",)}


def edition_of(base_url: str) -> str | None:
    """The edition an address is of, by its path, else by its host; ``None`` if neither."""
    parts = urlsplit(base_url)
    path, host = parts.path.rstrip("/"), (parts.hostname or "").casefold()
    for edition in (SUITE, CLASSIC):
        if path.endswith(PATHS[edition]):
            return edition
    for edition, ends in _HOSTS.items():
        if host.endswith(ends):
            return edition
    return None


def at_edition(base_url: str, edition: str) -> str:
    """The address where an edition would answer on the same host."""
    parts = urlsplit(base_url)
    return parts._replace(path=PATHS[edition], query="", fragment="").geturl()


def checked_key(api_key: SecretStr) -> str:
    """The key, if it can stand in a header; a library that refuses one would quote it."""
    key = api_key.get_secret_value().strip()
    if not key or not (key.isascii() and key.isprintable()):
        raise SettingsError(
            "FRESHSALES_API_KEY is empty or holds characters no key has.",
            remedy="Copy it again from the API tab of your profile settings.",
        )
    return key


def checked_host(base_url: str) -> str:
    """The host of an address we may send a key to."""
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in {"http", "https"}:
        raise SettingsError(
            "FRESHSALES_BASE_URL is no web address.",
            remedy="It looks like https://yourcompany.myfreshworks.com/crm/sales/api.",
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SettingsError(
            "FRESHSALES_BASE_URL is not encrypted, and the key would be readable.",
            remedy="Begin it with https://.",
        )
    return host
