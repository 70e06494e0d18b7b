"""Compares what stations have with what they should have, and sends again what differs. One file a subject."""
