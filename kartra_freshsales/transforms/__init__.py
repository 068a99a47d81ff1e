"""Raw rows into golden records: pure polars, frame in, frame out, one idea a file.

What does not belong here: files, networks, databases, Dagster, Freshsales' own names.
"""
