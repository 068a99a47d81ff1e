"""Export files nobody should have to bring, and what the front door makes of each."""
