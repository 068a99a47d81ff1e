"""All decisions of a migration as one frozen value, with its digest.

Not here: reading the files (``loading``), the areas themselves (``decisions``).
"""

import hashlib
import json
from typing import Literal

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.mapping.decisions.activities import Activities, Attachments
from kartra_freshsales.mapping.decisions.base import Decisions
from kartra_freshsales.mapping.decisions.conflicts import Conflicts
from kartra_freshsales.mapping.decisions.conversion import Conversion
from kartra_freshsales.mapping.decisions.custom_fields import CustomFields
from kartra_freshsales.mapping.decisions.deals import Stages, Subscriptions
from kartra_freshsales.mapping.decisions.destination import Destination
from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.mapping.decisions.fields import Fields
from kartra_freshsales.mapping.decisions.labels import Lists, Tags
from kartra_freshsales.mapping.decisions.people import Notes, Owners
from kartra_freshsales.mapping.decisions.routing import Routing
from kartra_freshsales.mapping.decisions.thresholds import Thresholds
from kartra_freshsales.mapping.decisions.totals import Totals


class Mapping(Decisions):
    """Every decision that shapes what is written. Defaults are the shipped files."""

    source: SourceRules = SourceRules()
    destination: Destination = Destination()
    fields: Fields = Fields()
    custom_fields: CustomFields = CustomFields()
    routing: Routing = Routing()
    stages: Stages = Stages()
    owners: Owners = Owners()
    tags: Tags = Tags()
    lists: Lists = Lists()
    subscriptions: Subscriptions = Subscriptions()
    notes: Notes = Notes()
    activities: Activities = Activities()
    attachments: Attachments = Attachments()
    conversion: Conversion = Conversion()
    duplicates: Duplicates = Duplicates()
    conflicts: Conflicts = Conflicts()
    totals: Totals = Totals()
    thresholds: Thresholds = Thresholds()

    @property
    def lists_become(self) -> Literal["list", "multi_select", "drop"]:
        """What memberships become: a field where the edition has no lists (S48, S49)."""
        wanted = self.lists.treatment
        if wanted == "list" and not self.destination.has_lists:
            return "multi_select"
        return wanted

    def digest(self) -> str:
        """SHA-256 over the canonical JSON: equal decisions, equal digest (G15).

        Without the confirmation of the conversion screen, which has a digest of its own,
        and the totals typed in: they change nothing that is sent.
        """
        unsent = {"conversion", "totals"}
        decided = self.model_dump(mode="json", by_alias=True, exclude=unsent)
        return sha256_of(decided)


def sha256_of(value: object) -> str:
    """SHA-256 over canonical JSON: sorted keys, no blanks, ASCII only."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
