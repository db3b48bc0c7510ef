"""Words and order of the Common Alerting Protocol 1.2 (OASIS, urn:oasis:names:tc:emergency:cap:1.2). Pure.

Both directions share this table: what comes in is held against it, what goes out is written in its order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
IDENTIFIER = re.compile(r"[^\s,<&]+")  # identifier and sender: no space, comma or restricted character


@dataclass(frozen=True, slots=True)
class Part:
    """An element of a block: how often (`least` to `most`, 0 = any number), and the values it may have."""

    name: str
    least: int = 0
    most: int = 1
    values: tuple[str, ...] = ()


STATUS = ("Actual", "Exercise", "System", "Test", "Draft")
TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCY = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITY = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTY = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

BLOCKS: dict[str, tuple[Part, ...]] = {
    "alert": (
        Part("identifier", 1), Part("sender", 1), Part("sent", 1), Part("status", 1, values=STATUS),
        Part("msgType", 1, values=TYPES), Part("source"), Part("scope", 1, values=SCOPES), Part("restriction"),
        Part("addresses"), Part("code", most=0), Part("note"), Part("references"), Part("incidents"),
        Part("info", most=0),
    ),
    "info": (
        Part("language"), Part("category", 1, 0, CATEGORIES), Part("event", 1), Part("responseType", 0, 0, RESPONSES),
        Part("urgency", 1, values=URGENCY), Part("severity", 1, values=SEVERITY),
        Part("certainty", 1, values=CERTAINTY), Part("audience"), Part("eventCode", most=0), Part("effective"),
        Part("onset"), Part("expires"), Part("senderName"), Part("headline"), Part("description"),
        Part("instruction"), Part("web"), Part("contact"), Part("parameter", most=0), Part("resource", most=0),
        Part("area", most=0),
    ),
    "area": (
        Part("areaDesc", 1), Part("polygon", most=0), Part("circle", most=0), Part("geocode", most=0),
        Part("altitude"), Part("ceiling"),
    ),
    "resource": (
        Part("resourceDesc", 1), Part("mimeType", 1), Part("size"), Part("uri"), Part("derefUri"), Part("digest"),
    ),
    "eventCode": (Part("valueName", 1), Part("value", 1)),
    "parameter": (Part("valueName", 1), Part("value", 1)),
    "geocode": (Part("valueName", 1), Part("value", 1)),
}  # fmt: skip
MOMENTS = ("sent", "effective", "onset", "expires")


def references(text: str) -> list[tuple[str, str, str]]:
    """`sender,identifier,sent sender,identifier,sent` as triples; what has no three parts is left out."""
    found = [tuple(part.split(",")) for part in text.split()]
    return [(one[0], one[1], one[2]) for one in found if len(one) == 3]
