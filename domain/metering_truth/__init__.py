"""How much energy a transaction took: every source there is, in order of trust, and every doubt said."""

from domain.metering_truth.measure import METER_START, METER_STOP, Told, measure, unset
from domain.metering_truth.truth import HELD, MAX_POWER_W, Certainty, Doubt, Finding, Point, Truth

__all__ = [
    "HELD",
    "MAX_POWER_W",
    "METER_START",
    "METER_STOP",
    "Certainty",
    "Doubt",
    "Finding",
    "Point",
    "Told",
    "Truth",
    "measure",
    "unset",
]
