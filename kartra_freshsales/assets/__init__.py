"""The table of contents: thin Dagster assets, one module per stage, in reading order."""
