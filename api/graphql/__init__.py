"""The front-end side: GraphQL over HTTP and WebSocket."""
