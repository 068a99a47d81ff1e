"""Sentences every migration's reports carry: plans, preconditions, statements.

Facts about plans come from Freshworks' support pages (S-50000005599 limits, S-50000002563
storage, S-50000002390 fields). Not here: figures of one migration.
"""

PLAN_NOTES: tuple[str, ...] = (
    (
        "Freshsales bills per user, not per record: the number of contacts does not "
        "change your plan. Cleaning up still pays, because everybody has to live with the"
        " records."
    ),
    (
        "Freddy AI is part of the Pro plan only, not of the lower ones; no score of it is"
        " computed without, and Kartra's points are not turned into one."
    ),
    "Bot sessions: 500 are included once, not every month.",
    "Phone calls use credits that are charged per minute, without a cap of their own.",
    (
        "File storage per user: none on Free, 2 GB on Growth, 5 GB on Pro, 100 GB on "
        "Enterprise. It is checked before any attachment is sent."
    ),
    (
        "Custom fields: none on Free, 150 on Growth, 250 on Pro, 630 on Enterprise, with "
        "caps by type. They are checked before anything is created."
    ),
)

PRECONDITIONS: tuple[str, ...] = (
    (
        "Somebody can log in to Kartra's screens for as long as the migration lasts: "
        "Kartra has no bulk export by API, so every export is made by a person."
    ),
    "All exports are made before Kartra is downgraded or cancelled.",
    "An administrator of Freshsales can create custom fields and users.",
    (
        "The API key belongs to an active Freshsales user who may see and change all "
        "records."
    ),
    (
        "E-mails, sequences and workflows that start on new records are switched off in "
        "Freshsales until the reconciliation has passed."
    ),
)

EXTRACTION = (
    "Extraction is the most variable part: it is done by hand, and large accounts need "
    "several exports. The machine's own time is a matter of hours and stands beside it."
)

CONSENT_NOTICE = (
    "Please review. Each contact's consent was read from Kartra's words by a table you "
    "can edit; anything unknown counts as not subscribed. No contact's consent is widened"
    " by the migration, the original words and dates are kept in fields of their own, and"
    " only you can judge whether they are valid where your contacts live."
)

LIFETIME_NOTICE = (
    "An estimate for orientation, added up from the transactions in the exports. It is "
    "not Kartra's own figure and is not written to any field."
)

QUIET_LOAD = (
    "Post-migration e-mails and sequences are disabled as far as this load goes: it "
    "created records and fields only. It created and started no e-mail, sequence, "
    "workflow or automation, and it never raises a contact's consent. Workflows of your "
    "own that react to new records are outside its reach: leave them off until you have "
    "signed this report off, then switch them on one by one."
)

PROOF = (
    "Every figure here comes from the evidence bundle in reports/evidence/: each source "
    "row and its end, each field compared, each sum, each write in a chain that cannot be "
    "changed unseen. The certificate is signed and names the digest of every file in it. "
    "Anybody can check it without Freshsales and without this workspace: kartra-freshsales "
    "verify FILE.zip"
)

SPOT_CHECK = (
    "Look these records up in Freshsales and compare them with the source line. A spot "
    "check of 20 records without an error only bounds the error rate below 14 % (with 95 "
    "% confidence); this report does not rest on it but on reading every record back."
)

NO_BEHAVIOUR = (
    "None of your tags speaks of an event: the whole engagement history stays behind."
)
