"""Which mail providers deliver several spellings of an address to one mailbox: data only.

Sources: Google, "Dots don't matter in Gmail addresses" and "gmail.com and googlemail.com";
the tables of the package email-normalize 3.1 (BSD) for who strips what stands behind a
plus: Apple, Fastmail, Google, Microsoft, ProtonMail, Yandex, Zoho. Yahoo does not, and
Microsoft's domains are different mailboxes. Read in November 2026.
What does not belong here: comparing addresses (``lookalikes``).
"""

PLUS_TAGS = (
    "gmail.com", "googlemail.com",
    "outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "live.co.uk",
    "hotmail.fr", "outlook.de", "outlook.fr", "hotmail.de",
    "fastmail.com", "fastmail.fm",
    "icloud.com", "me.com", "mac.com",
    "proton.me", "protonmail.com", "protonmail.ch", "pm.me",
    "yandex.com", "yandex.ru", "zoho.com",
)  # fmt: skip
"""What stands behind ``+`` does not change the mailbox."""

NO_DOTS = ("gmail.com", "googlemail.com")
"""Dots before the ``@`` do not change the mailbox."""

SAME_DOMAIN = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
"""Domains under which a provider gives one mailbox the same name."""
