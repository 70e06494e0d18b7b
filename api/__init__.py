"""The two doors: stations speak OCPP, people and front-ends speak GraphQL."""
