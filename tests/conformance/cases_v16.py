"""What a CSMS is certified for in OCPP 1.6: the ids of the test plan, with each purpose in our words."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    id: str
    purpose: str
    missing: str = ""
    """What has to be built before it can be tested."""

    @property
    def test(self) -> str:
        """The name of the function that tests it."""
        return f"test_{self.id.lower()}"


_NO_TLS = "there is no TLS listener"

CASES: dict[str, tuple[Case, ...]] = {
    "Core": (
        Case("TC_001_CSMS", "A station boots, tells the status of its connectors, and sends heartbeats as told"),
        Case("TC_003_CSMS", "Charging where the cable is plugged in before the tag is shown"),
        Case("TC_004_1_CSMS", "Charging where the tag is shown before the cable is plugged in"),
        Case("TC_004_2_CSMS", "The tag is shown, but no cable comes in time: no transaction"),
        Case("TC_005_1_CSMS", "The cable is pulled out at the car: the transaction ends"),
        Case("TC_007_CSMS", "A transaction begins with a tag that the station remembers, without asking first"),
        Case("TC_061_CSMS", "A station is told to forget the tags that it remembers"),
        Case("TC_010_CSMS", "Start from afar, the cable is in already"),
        Case("TC_011_1_CSMS", "Start from afar before the cable is in"),
        Case("TC_011_2_CSMS", "Start from afar, but no cable comes in time"),
        Case("TC_012_CSMS", "A transaction is ended from afar"),
        Case("TC_013_CSMS", "Hard reset"),
        Case("TC_014_CSMS", "Soft reset"),
        Case("TC_017_1_CSMS", "A connector is unlocked"),
        Case("TC_017_2_CSMS", "Unlocking a cable that is fixed: the station cannot"),
        Case("TC_018_1_CSMS", "Unlocking ends the transaction that is running"),
        Case("TC_019_1_CSMS", "All configuration keys are asked for and shown, with who may change them"),
        Case("TC_019_2_CSMS", "One configuration key is asked for by its name"),
        Case("TC_021_CSMS", "A configuration key is changed"),
        Case("TC_023_1_CSMS", "A tag nobody knows is invalid"),
        Case("TC_023_2_CSMS", "A tag whose time is over is expired"),
        Case("TC_023_3_CSMS", "A tag that was blocked is blocked"),
        Case("TC_024_CSMS", "A connector reports that its lock has failed"),
        Case("TC_026_CSMS", "A station refuses to start from afar"),
        Case("TC_028_CSMS", "A station refuses to stop from afar"),
        Case("TC_030_CSMS", "Unlocking fails"),
        Case("TC_031_CSMS", "Unlocking a connector that the station does not have"),
        Case("TC_032_1_CSMS", "Power comes back: the transaction that it cut off is ended after the boot"),
        Case("TC_037_1_CSMS", "A transaction that began offline, with a tag that may charge"),
        Case("TC_037_3_CSMS", "A transaction that began offline, with a tag that may not: it has a number still"),
        Case("TC_039_CSMS", "A transaction that was over before the station came back online"),
        Case("TC_040_1_CSMS", "A configuration key that the station does not know"),
        Case("TC_040_2_CSMS", "A value that the station refuses for a configuration key"),
        Case("TC_064_CSMS", "Data of a vendor nobody knows"),
    ),
    "Local authorisation list": (
        Case("TC_042_1_CSMS", "The version of the list of a station that has no lists"),
        Case("TC_042_2_CSMS", "The version of a list that is empty"),
        Case("TC_043_1_CSMS", "A list for a station that does not support lists"),
        Case("TC_043_3_CSMS", "A list that the station could not take in"),
        Case("TC_043_4_CSMS", "A whole list is sent"),
        Case("TC_043_5_CSMS", "Changes to a list are sent"),
    ),
    "Firmware and diagnostics": (
        Case("TC_044_1_CSMS", "New firmware is fetched and installed"),
        Case("TC_044_2_CSMS", "Fetching new firmware fails"),
        Case("TC_044_3_CSMS", "Installing new firmware fails"),
        Case("TC_045_1_CSMS", "Diagnostics are uploaded"),
        Case("TC_045_2_CSMS", "Uploading diagnostics fails"),
    ),
    "Reservation": (
        Case("TC_046_CSMS", "A connector is reserved, and the one for whom it is charges there"),
        Case("TC_047_CSMS", "A reservation runs out"),
        Case("TC_048_1_CSMS", "Reserving a connector that is faulted"),
        Case("TC_048_2_CSMS", "Reserving a connector that is occupied"),
        Case("TC_048_3_CSMS", "Reserving a connector that was put out of service"),
        Case("TC_048_4_CSMS", "A station refuses a reservation"),
        Case("TC_049_CSMS", "Any connector of a station is reserved"),
        Case("TC_051_CSMS", "A reservation is cancelled"),
        Case("TC_052_CSMS", "Cancelling a reservation that the station does not have"),
        Case("TC_053_CSMS", "A reservation for a group of tags is used by another tag of it"),
    ),
    "Remote trigger": (
        Case("TC_054_CSMS", "Messages are asked for, each comes"),
        Case("TC_055_CSMS", "A message is asked for of a connector that the station does not have"),
    ),
    "Smart charging": (
        Case("TC_056_CSMS", "A limit for all transactions to come"),
        Case("TC_057_CSMS", "A limit for the transaction that is running"),
        Case("TC_059_CSMS", "Start from afar with a limit for the transaction"),
        Case("TC_066_CSMS", "What a connector would let flow is asked for"),
        Case("TC_067_CSMS", "Charging profiles are cleared by id, by what they are, and all"),
    ),
    "Security": (
        Case("TC_073_CSMS", "The password of a station is changed"),
        Case("TC_074_CSMS", "A station is told to ask for a certificate, and comes back with it", _NO_TLS),
        Case("TC_075_1_CSMS", "A manufacturer's root certificate is installed"),
        Case("TC_075_2_CSMS", "A root certificate of ours is installed"),
        Case("TC_076_CSMS", "A certificate is deleted"),
        Case("TC_077_CSMS", "A station refuses its new certificate"),
        Case("TC_078_CSMS", "A station refuses a root certificate"),
        Case("TC_079_CSMS", "The security log is uploaded"),
        Case("TC_080_CSMS", "Signed firmware is installed"),
        Case("TC_081_CSMS", "The signature of firmware is wrong"),
        Case("TC_083_CSMS", "A station moves to a higher security profile and cannot come back with the old one"),
        Case("TC_085_CSMS", "A station logs in with its password"),
        Case("TC_086_CSMS", "TLS with a server certificate: versions, suites and keys", _NO_TLS),
        Case("TC_087_CSMS", "TLS with a client certificate: versions, suites and keys", _NO_TLS),
        Case("TC_088_CSMS", "A subprotocol is agreed on, or the connection refused"),
    ),
}
