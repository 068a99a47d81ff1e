"""Asset checks: a factory, rules over frames by stage, and one table of all checks.

Not here: rules that change a frame (``transforms``), gates (the assets' own bodies).
"""
