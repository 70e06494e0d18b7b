"""The schema as it is written down and as it is served are the same."""

from __future__ import annotations

from pathlib import Path

from graphql import GraphQLObjectType, build_schema

import api.graphql.schema as code
from api.graphql.schema import sdl

WRITTEN = Path(code.__file__).with_name("schema.graphql")


def test_the_schema_file_says_what_the_code_does() -> None:
    assert WRITTEN.read_text() == sdl(), "after a wanted change: csms schema > api/graphql/schema.graphql"


def test_every_query_takes_a_position_and_every_mutation_answers_an_error_as_data() -> None:
    schema = build_schema(sdl())
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    for field in schema.query_type.fields.values():
        assert str(field.args["atLeastPosition"].type) == "String"
    for field in schema.mutation_type.fields.values():
        payload = schema.type_map[str(field.type).rstrip("!")]
        assert isinstance(payload, GraphQLObjectType)
        assert {"error", "position"} <= set(payload.fields)
        assert list(field.args) == ["input"]


def test_the_names_that_outsiders_rely_on_are_there() -> None:
    schema = build_schema(sdl())
    promised = {
        "Query.station": "Station",
        "Query.stations": "StationConnection!",
        "Query.transaction": "Transaction",
        "Query.transactions": "TransactionConnection!",
        "Query.chargeDetailRecords": "ChargeDetailRecordConnection!",
        "Query.command": "Command",
        "Query.commands": "CommandConnection!",
        "Query.events": "EventConnection!",
        "Query.idToken": "IdToken",
        "Query.tariffs": "TariffConnection!",
        "Mutation.registerStation": "StationPayload!",
        "Mutation.setRegistrationStatus": "StationPayload!",
        "Mutation.setIdToken": "IdTokenPayload!",
        "Mutation.defineTariff": "TariffPayload!",
        "Mutation.assignTariff": "TariffPayload!",
        "Mutation.requestCommand": "CommandPayload!",
        "Mutation.remoteStart": "CommandPayload!",
        "Mutation.remoteStop": "CommandPayload!",
        "Mutation.reset": "CommandPayload!",
        "Mutation.unlockConnector": "CommandPayload!",
        "Mutation.changeAvailability": "CommandPayload!",
        "Mutation.triggerMessage": "CommandPayload!",
        "Subscription.events": "Event!",
        "Subscription.stationChanged": "Station!",
        "Subscription.transactionChanged": "Transaction!",
        "Station.online": "Boolean!",
        "Station.lastSeenAt": "DateTime",
        "Station.evses": "[Evse!]!",
        "Evse.id": "Int!",
        "Evse.connectors": "[Connector!]!",
        "Connector.id": "Int!",
        "Connector.status": "ConnectorStatus!",
        "Transaction.state": "TransactionState!",
        "Transaction.energyWh": "Int",
        "Transaction.chargeDetailRecord": "ChargeDetailRecord",
        "ChargeDetailRecord.energyWh": "Int!",
        "ChargeDetailRecord.totalExclVat": "Decimal!",
        "ChargeDetailRecord.totalInclVat": "Decimal!",
        "ChargeDetailRecord.lines": "[ChargeLine!]!",
        "ChargeDetailRecord.revision": "Int!",
        "Command.status": "CommandStatus!",
        "Command.response": "JSON",
        "Event.position": "String!",
        "Event.data": "JSON!",
        "Event.evidence": "JSON",
    }
    found = {}
    for name in promised:
        kind, field = name.split(".")
        found[name] = str(schema.type_map[kind].fields[field].type)  # type: ignore[union-attr]
    assert found == promised
