"""Factories that turn schemas and rules into asset checks."""
