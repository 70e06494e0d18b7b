"""What happened and what may happen: aggregates, events and pure functions."""
