"""One frozen model per decision file. Defaults equal the lines of ``mappings/*.yaml``.

Not here: reading the files (``loading``), acting on the decisions (``building``).
"""
