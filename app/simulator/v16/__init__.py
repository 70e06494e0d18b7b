"""A station in the words of OCPP 1.6."""
