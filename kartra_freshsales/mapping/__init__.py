"""Decisions people make, and what they turn golden records into.

``decisions`` holds the models of ``mappings/*.yaml``, ``model`` puts them together and
``loading`` reads them. ``coverage``, ``objects``, ``proposals`` and ``confirmation`` are
about judging a map; ``custom_fields`` and ``payloads`` carry it out, with the modules in
``building``. Nothing here reads an export or talks to Freshsales.
"""
