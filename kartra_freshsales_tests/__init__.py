"""Tests that mirror the package and read like its specification."""
