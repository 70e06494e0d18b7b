"""Certificates: our own authorities, OCSP, contract certificates of cars, and the pool these come from."""

from app.pki.setup import open_pki

__all__ = ["open_pki"]
