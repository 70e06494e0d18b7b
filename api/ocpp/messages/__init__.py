"""One file per OCPP action: read the wire, call one aggregate method, return the reply."""
