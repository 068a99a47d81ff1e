"""Pure comparison of what was meant with what stands in the destination.

Here: frames in, frames out. Not here: requests, SQL, rendering, Dagster.
"""
