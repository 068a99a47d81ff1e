"""The commands as a person or a program meets them: words, exit codes, screens."""
