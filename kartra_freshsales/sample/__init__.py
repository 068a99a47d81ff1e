"""Invented Kartra exports, as awkward as real ones, with the answers beside them.

Reading order: ``words`` (pools), ``dice`` (seeded choices), ``people``, ``consent``,
``contact_rows`` and ``contact_csv`` (contacts), ``orders``, ``events``, ``charges``,
``transaction_rows`` and ``transaction_csv`` (money), ``subscriptions``, ``truth`` (the
expected figures), ``generator`` (the files).

This room imports nothing from the rest of the package: figures computed by the code under
test would prove nothing about it. What does not belong here: reading exports, cleaning.
"""

from kartra_freshsales.sample.generator import generate

__all__ = ["generate"]
