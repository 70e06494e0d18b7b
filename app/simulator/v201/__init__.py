"""A station in the words of OCPP 2.0.1."""
