"""The reference's shape tables and rules, row by row, against the sandbox."""
