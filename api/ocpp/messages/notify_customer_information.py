"""NotifyCustomerInformation: what a station has stored of a customer (2.0.1 N09, N10). Kept as received."""

from api.ocpp.registry import acknowledged

acknowledged("NotifyCustomerInformation", "2.0.1")
