"""Every read model, in one list."""

from projections.availability import availability
from projections.billing import billing
from projections.charging_profiles import charging_profiles
from projections.commands import commands
from projections.history import history
from projections.id_tokens import id_tokens
from projections.metering import meter_values
from projections.sessions import sessions

READ_MODELS = (availability, sessions, meter_values, billing, commands, id_tokens, charging_profiles, history)
BY_NAME = {model.name: model for model in READ_MODELS}
