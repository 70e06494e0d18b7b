"""What goes wrong, by chance. At level 0 nothing, at 1 about everything once per handful of sessions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Fault:
    error_code: str
    """1.6 errorCode."""
    stopped_reason: str
    """2.0.1 stoppedReason."""


FAULTS = (
    Fault("GroundFailure", "GroundFault"),
    Fault("OverCurrentFailure", "OvercurrentFault"),
    Fault("HighTemperature", "Other"),
    Fault("PowerMeterFailure", "Other"),
    Fault("ConnectorLockFailure", "Other"),
)


def dice(seed: str | float) -> Random:
    """Repeatable chance."""
    return Random(seed)  # noqa: S311


class Chaos:
    def __init__(self, level: float, rng: Random) -> None:
        self._level = max(0.0, min(1.0, level))
        self._rng = rng

    def _happens(self, probability: float) -> bool:
        return self._level > 0.0 and self._rng.random() < probability * self._level

    def fault(self, probability: float) -> Fault | None:
        return self._rng.choice(FAULTS) if self._happens(probability) else None

    def gap(self) -> float:
        """Simulated seconds without a network during a session; 0 for none."""
        return self._rng.uniform(60.0, 1800.0) if self._happens(0.3) else 0.0

    def loses_answer(self) -> bool:
        return self._happens(0.02)

    def duplicates(self) -> bool:
        return self._happens(0.05)
