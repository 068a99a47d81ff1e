"""The destination's language: its HTTP API, its records, its settings and its limits.

HTTP to Freshsales happens here and nowhere else. Not here: which record becomes what
(``mapping``), and in which order things are sent (``loading``).
"""
