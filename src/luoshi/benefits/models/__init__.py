"""The tables of benefits: who is known (register), what was found and is being settled (claim), what is paid (money).

How a screening frame names its rows: besides the facts it has the integer columns `subject` and `matter` (null where a
measure is about the subject itself).
"""

from luoshi.benefits.models.claim import (
    Claim,
    ClaimEvent,
    Finding,
    Objection,
    Recovery,
    Screening,
    SettingAnswer,
)
from luoshi.benefits.models.money import BankFile, Batch, Instalment, Payment, Pot
from luoshi.benefits.models.register import (
    Dispute,
    LinkAsk,
    Matter,
    Membership,
    Record,
    RecordPast,
    RegisterFile,
    Source,
    Subject,
)

__all__ = [
    "BankFile",
    "Batch",
    "Claim",
    "ClaimEvent",
    "Dispute",
    "Finding",
    "Instalment",
    "LinkAsk",
    "Matter",
    "Membership",
    "Objection",
    "Payment",
    "Pot",
    "Record",
    "RecordPast",
    "Recovery",
    "RegisterFile",
    "Screening",
    "SettingAnswer",
    "Source",
    "Subject",
]
