"""Room 1: Kartra's export files as they are, brought into frames without losing a byte.

What does not belong here: cleaning, deciding, Freshsales, HTTP, SQL, Dagster.
"""
