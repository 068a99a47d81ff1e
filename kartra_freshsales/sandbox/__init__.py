"""A stand-in Freshsales server, Suite or Classic, that speaks real HTTP on the loopback.

What lives here: everything such a server needs, from its state to its faults.
What must not: any import from the rest of the package. The sandbox is written from the
public description of the API alone, so it can share no mistake with the loader it tests.
"""
