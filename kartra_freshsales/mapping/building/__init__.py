"""How golden records become payloads, one module per kind of record.

Not here: the decisions (``decisions``), the whole frame (``payloads``).
"""
