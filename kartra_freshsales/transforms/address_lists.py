"""Addresses that are no person's own: role names, disposable hosts, made up ones: data.

Sources: role names from RFC 2142 and what businesses put beside them; disposable hosts are
the well-known ones of the public list disposable-email-domains (CC0); made-up addresses are
what people type into a form that asks too much, and what Kartra advises for unwanted
profiles ("a made-up email", Kartra help, "merge contacts"). The reserved ``example.com``
and its like are left out: rehearsals with invented people use nothing else.
What does not belong here: judging an address (``address_kinds``).
"""

ROLES = (
    "abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster",
    "sales", "security", "support", "usenet", "uucp", "webmaster", "www", "accounting",
    "accounts", "admin", "administrator", "billing", "booking", "bookings", "careers",
    "contact", "customerservice", "do-not-reply", "donotreply", "enquiries", "enquiry",
    "feedback", "hello", "help", "helpdesk", "hr", "inquiries", "inquiry", "jobs",
    "kontakt", "legal", "mail", "mailbox", "media", "no-reply", "noreply", "office",
    "order", "orders", "payments", "press", "privacy", "reception", "root", "service",
    "shop", "team",
)  # fmt: skip
"""The part before ``@``, without a ``+`` tag."""

DISPOSABLE = (
    "10minutemail.com", "10minutemail.net", "20minutemail.com", "33mail.com",
    "anonbox.net", "burnermail.io", "discard.email", "discardmail.com",
    "dispostable.com", "dropmail.me", "emailondeck.com", "fakeinbox.com",
    "fakemail.net", "getairmail.com", "getnada.com", "grr.la", "guerrillamail.biz",
    "guerrillamail.com", "guerrillamail.de", "guerrillamail.info", "guerrillamail.net",
    "guerrillamail.org", "guerrillamailblock.com", "inboxbear.com", "jetable.org",
    "mail-temp.com", "mailcatch.com", "maildrop.cc", "mailexpire.com", "mailinator.com",
    "mailinator.net", "mailnesia.com", "mailnull.com", "mailsac.com", "mintemail.com",
    "moakt.com", "mohmal.com", "mytemp.email", "mytrashmail.com", "nada.email",
    "sharklasers.com", "spam4.me", "spambox.us", "spamex.com", "spamgourmet.com",
    "temp-mail.io", "temp-mail.org", "tempail.com", "tempinbox.com", "tempmail.com",
    "tempmail.net", "tempmailo.com", "tempr.email", "throwaway.email",
    "throwawaymail.com", "trash-mail.com", "trashmail.com", "trashmail.de",
    "trashmail.net", "wegwerfmail.de", "yopmail.com", "yopmail.fr", "yopmail.net",
)  # fmt: skip
"""The host; hosts below one count too."""

MADE_UP = (
    "aaa", "abc", "asd", "asdf", "asdfasdf", "delete", "deleted", "deleteme", "dummy",
    "email", "fake", "fakeemail", "na", "noemail", "nomail", "nobody", "none", "nope",
    "notreal", "null", "placeholder", "qwerty", "spam", "test", "tester", "testing",
    "unknown", "unwanted", "user", "xxx",
)  # fmt: skip
"""The part before ``@`` without digits at its end; ``test2`` is as made up as ``test``."""

MADE_UP_HOSTS = (
    "asdf.com", "domain.com", "email.test", "fake.com", "fakeemail.com", "none.com",
    "noemail.com", "nomail.com", "nowhere.com", "null.com", "test.com", "tester.com",
    "xxx.com",
)  # fmt: skip
"""The host, whatever stands before ``@``."""
