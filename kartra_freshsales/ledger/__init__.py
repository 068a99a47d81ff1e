"""The durable record of a migration: identities, intents, approvals, jobs and requests.

All SQL of the package lives here. ``store.Ledger`` is the way in. Not here: what is sent,
and when (``loading``), and what a person is shown (``reports``).
"""
