"""Every read model, in one list."""

from projections.availability import availability
from projections.availability_wishes import availability_wishes
from projections.billing import billing
from projections.certificates import certificates
from projections.charging_profiles import charging_profiles
from projections.commands import commands
from projections.configuration import configuration
from projections.customer_information import customer_information
from projections.display_messages import display_messages
from projections.ev_charging import ev_charging
from projections.history import history
from projections.id_tokens import id_tokens
from projections.local_list import local_lists
from projections.maintenance import maintenance
from projections.meter_keys import meter_keys
from projections.metering import meter_values
from projections.monitoring import monitoring
from projections.network_profiles import network_profiles
from projections.reconciliations import reconciliations
from projections.reports import reports
from projections.reservations import reservations
from projections.security_events import security_events
from projections.sessions import sessions
from projections.signed_values import signed_values
from projections.transaction_status import transaction_statuses

READ_MODELS = (
    availability,
    sessions,
    meter_values,
    billing,
    commands,
    id_tokens,
    availability_wishes,
    certificates,
    charging_profiles,
    configuration,
    customer_information,
    display_messages,
    ev_charging,
    local_lists,
    maintenance,
    meter_keys,
    monitoring,
    network_profiles,
    reconciliations,
    reports,
    reservations,
    security_events,
    signed_values,
    transaction_statuses,
    history,
)
BY_NAME = {model.name: model for model in READ_MODELS}
