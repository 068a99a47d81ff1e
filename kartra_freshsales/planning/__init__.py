"""Planning: what would be sent, what it costs, what will be refused. Pure functions."""
