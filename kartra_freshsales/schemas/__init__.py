"""What the frames between stages hold, as pandera models: one file per stage.

What does not belong here: rules that span frames, which are asset checks.
"""
