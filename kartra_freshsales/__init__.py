"""Move a business from Kartra to Freshsales: proven field by field, and reversible."""

__version__ = "0.1.0"
