"""One case of the certification test plan, of any version."""

from __future__ import annotations

from typing import NamedTuple

NO_TLS = "there is no TLS listener"


class Case(NamedTuple):
    id: str
    purpose: str
    missing: str = ""
    """What has to be built before it can be tested."""
    profile: str = ""
    """The certification profiles it belongs to, where the plan does not go by them."""

    @property
    def test(self) -> str:
        """The name of the function that tests it."""
        return f"test_{self.id.lower()}"
