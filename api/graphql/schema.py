"""The schema, put together from its subjects."""

from __future__ import annotations

from collections.abc import Callable

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.graphql.audit import EventQueries, EventSubscriptions
from api.graphql.billing import BillingQueries
from api.graphql.billing_changes import BillingMutations
from api.graphql.certificates import CertificateMutations, CertificateQueries
from api.graphql.charging_profile_requests import ChargingProfileMutations
from api.graphql.charging_profiles import ChargingProfileQueries
from api.graphql.command_forms import CommandFormQueries
from api.graphql.command_requests import CommandMutations
from api.graphql.commands import CommandQueries
from api.graphql.configuration import ConfigurationMutations, ConfigurationQueries
from api.graphql.customer_information import CustomerInformationMutations, CustomerInformationQueries
from api.graphql.display_messages import DisplayMessageMutations, DisplayMessageQueries
from api.graphql.errors import make_presentable
from api.graphql.ev_charging import EvChargingQueries
from api.graphql.execution import Execution, prepare
from api.graphql.id_tokens import IdTokenMutations, IdTokenQueries
from api.graphql.limits import MOST_TOKENS, document_limits
from api.graphql.local_lists import LocalListMutations, LocalListQueries
from api.graphql.maintenance import MaintenanceMutations, MaintenanceQueries
from api.graphql.meter_keys import MeterKeyMutations, MeterKeyQueries
from api.graphql.monitoring import MonitoringQueries
from api.graphql.monitoring_requests import MonitoringMutations
from api.graphql.network_profiles import NetworkProfileMutations, NetworkProfileQueries
from api.graphql.passwords import PasswordMutations
from api.graphql.reconciliations import ReconciliationMutations, ReconciliationQueries
from api.graphql.reports import ReportMutations, ReportQueries
from api.graphql.reservations import ReservationMutations, ReservationQueries
from api.graphql.reviewing import ReviewMutations
from api.graphql.scalars import SCALARS
from api.graphql.security_events import SecurityEventQueries
from api.graphql.station_changes import StationMutations
from api.graphql.stations import StationQueries, StationSubscriptions
from api.graphql.transaction_status import TransactionStatusMutations, TransactionStatusQueries
from api.graphql.transactions import TransactionQueries, TransactionSubscriptions


@strawberry.type
class Query(
    StationQueries,
    TransactionQueries,
    BillingQueries,
    CommandQueries,
    EventQueries,
    IdTokenQueries,
    CertificateQueries,
    ChargingProfileQueries,
    CommandFormQueries,
    ConfigurationQueries,
    CustomerInformationQueries,
    DisplayMessageQueries,
    EvChargingQueries,
    LocalListQueries,
    MaintenanceQueries,
    MeterKeyQueries,
    MonitoringQueries,
    NetworkProfileQueries,
    ReconciliationQueries,
    ReportQueries,
    ReservationQueries,
    SecurityEventQueries,
    TransactionStatusQueries,
):
    pass


@strawberry.type
class Mutation(
    StationMutations,
    IdTokenMutations,
    BillingMutations,
    CommandMutations,
    CertificateMutations,
    ChargingProfileMutations,
    ConfigurationMutations,
    CustomerInformationMutations,
    DisplayMessageMutations,
    LocalListMutations,
    MaintenanceMutations,
    MeterKeyMutations,
    MonitoringMutations,
    NetworkProfileMutations,
    PasswordMutations,
    ReconciliationMutations,
    ReportMutations,
    ReservationMutations,
    ReviewMutations,
    TransactionStatusMutations,
):
    pass


@strawberry.type
class Subscription(
    EventSubscriptions,
    StationSubscriptions,
    TransactionSubscriptions,
):
    pass


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Called with every error before it leaves, whatever it came from."""
        make_presentable(errors)


_EXTENSIONS: list[Callable[[], SchemaExtension]] = [
    lambda: MaxTokensLimiter(MOST_TOKENS),
    document_limits,
    lambda: ParserCache(maxsize=256),
    lambda: ValidationCache(maxsize=256),
]

schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    extensions=_EXTENSIONS,
    execution_context_class=Execution,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
prepare(schema._schema)


def sdl() -> str:
    """The schema in GraphQL's own language; the file `schema.graphql` beside this one holds the same."""
    return schema.as_str() + "\n"
