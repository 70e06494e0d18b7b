"""The station side: OCPP-J over WebSocket, all versions on one port."""
