"""The whole graph on one page."""

from dagster import Definitions

defs = Definitions()
