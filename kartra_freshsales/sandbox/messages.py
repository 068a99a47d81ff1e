"""The words of refusals in the languages an account's user may have.

Handlers speak English, in the wording seen in live tenants (reference, section 6); it is
put into another language here, on the way out. Statuses and field names never change.
"""

from __future__ import annotations

import re
from typing import Final

LANGUAGES: Final = ("en", "nl")

_DUTCH: Final = tuple(
    (re.compile(english, re.DOTALL), dutch)
    for english, dutch in (
        (r"Need to fill this (.+)", r"Vul dit veld in: \1"),
        (r"(.+) already exists\.", r"\1 bestaat al."),
        (r"(.+) is not unique", r"\1 is niet uniek"),
        (r"invalid email address", r"ongeldig e-mailadres"),
        (r"Invalid (.+) provided\.", r"Ongeldige waarde opgegeven: \1."),
        (r"(.+) doesn't exist", r"\1 bestaat niet"),
        (r"Invalid or missing attributes", r"Ongeldige of ontbrekende kenmerken"),
        (r"Invalid or missing attributes: (.+)", r"Ongeldige of ontbrekende kenmerken: \1"),
        (r"(.+) can't be (?:empty|blank)", r"\1 mag niet leeg zijn"),
        (r"(.+) has already been taken", r"\1 is al in gebruik"),
        (r"(.+) is not in required format", r"\1 heeft niet de vereiste opmaak"),
        (r"(.+) is not in required length", r"\1 heeft niet de vereiste lengte"),
        (r"(.+) has an invalid choice", r"\1 heeft een ongeldige keuze"),
        (r"(.+) is not valid", r"\1 is ongeldig"),
        (r"Not a supported time zone", r"Deze tijdzone wordt niet ondersteund"),
        (
            r"You are not authorized to perform this action\.",
            r"U bent niet bevoegd om deze actie uit te voeren.",
        ),
        (
            r"The .+ you are looking for is not available in the CRM\.",
            r"Wat u zoekt is niet beschikbaar in het CRM.",
        ),
        (
            r".+ (?:is|are) not available in your plan\.",
            r"Dit is niet beschikbaar in uw abonnement.",
        ),
        (r"You have reached the limit of .+", r"U hebt de limiet bereikt"),
        (
            r"A maximum of (\d+) records can be upserted at once\.",
            r"Hoogstens \1 records kunnen tegelijk worden verwerkt.",
        ),
        (r"Choices are blank or not unique", r"Keuzes zijn leeg of niet uniek"),
        (r"Choices are more than (\d+)", r"Er zijn meer dan \1 keuzes"),
        (
            r"Only text and number fields can be unique",
            r"Alleen tekst- en getalvelden kunnen uniek zijn",
        ),
        (r"Too many requests", r"Te veel verzoeken"),
    )
)
_SOMETHING: Final = "Er is iets misgegaan."


def said(language: str, english: str) -> str:
    """A message in one of ``LANGUAGES``; one nobody translated becomes a plain sentence."""
    if language == "en":
        return english
    for pattern, dutch in _DUTCH:
        found = pattern.fullmatch(english)
        if found is not None:
            return found.expand(dutch)
    return _SOMETHING
