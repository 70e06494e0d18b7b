"""The simulator in the box: a fleet of stations that share no code with the server.

Built on the client half of the `ocpp` package, so that it can disagree with us.
"""

from app.simulator.fleet import run_fleet
from app.simulator.plan import FleetPlan
from app.simulator.stats import FinishedSession, FleetStats, StationSnapshot

__all__ = ["FinishedSession", "FleetPlan", "FleetStats", "StationSnapshot", "run_fleet"]
