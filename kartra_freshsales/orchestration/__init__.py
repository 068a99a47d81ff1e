"""Everything of Dagster but the assets: one module per concept. No migration logic."""
