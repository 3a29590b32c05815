"""Looking at a PDF that may be sealed: separate facts, never one word for all of them, and never an exception.

Pure Python on asn1crypto and the public-key checks of ``cryptography``; a small PDF reader of its own that repairs nothing
and counts its work. Facts follow ETSI EN 319 102-1 (validation) and EN 319 142-1 (PAdES).
"""

from kolportal.pades.verification.report import (
    PERMITTED,
    After,
    Chain,
    Change,
    Conclusion,
    Evidence,
    Finding,
    Indication,
    Readable,
    Report,
    Revocation,
    RevocationFact,
    Sealer,
    SubIndication,
    TimeFact,
    TimeStamp,
)
from kolportal.pades.verification.verifying import verify

__all__ = [
    "PERMITTED",
    "After",
    "Chain",
    "Change",
    "Conclusion",
    "Evidence",
    "Finding",
    "Indication",
    "Readable",
    "Report",
    "Revocation",
    "RevocationFact",
    "Sealer",
    "SubIndication",
    "TimeFact",
    "TimeStamp",
    "verify",
]
