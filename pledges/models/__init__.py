"""Pledges, their frozen texts, the signatures on them split by how long their parts live, and the sealed documents.

Triggers (migration 0002) stand behind the code: a published text never changes; of a signature only its one end is
written after it was made; particulars vanish only as a whole; sealed files are only added to.
"""

from pledges.models.attempts import (
    Attempt,
    AttemptEnd,
    AttemptQuerySet,
    Decline,
    DeclineQuerySet,
    new_attempt_key,
)
from pledges.models.documents import (
    Document,
    DocumentKind,
    DocumentQuerySet,
    DocumentState,
    SealedFile,
    StoredAhead,
)
from pledges.models.signatures import (
    PARTICULARS,
    Circumstances,
    Factor,
    Particulars,
    Proof,
    ProofEvidence,
    Signature,
    SignatureMethod,
    SignatureQuerySet,
    SignedChannel,
    Standing,
    new_salt,
)
from pledges.models.texts import (
    Edition,
    EditionQuerySet,
    EventPledge,
    Language,
    LegalReference,
    LegalReferenceQuerySet,
    Pledge,
    PledgeQuerySet,
    PledgeState,
    Text,
    TextQuerySet,
    Undertaking,
)

__all__ = [
    "PARTICULARS",
    "Attempt",
    "AttemptEnd",
    "AttemptQuerySet",
    "Circumstances",
    "Decline",
    "DeclineQuerySet",
    "Document",
    "DocumentKind",
    "DocumentQuerySet",
    "DocumentState",
    "Edition",
    "EditionQuerySet",
    "EventPledge",
    "Factor",
    "Language",
    "LegalReference",
    "LegalReferenceQuerySet",
    "Particulars",
    "Pledge",
    "PledgeQuerySet",
    "PledgeState",
    "Proof",
    "ProofEvidence",
    "SealedFile",
    "Signature",
    "SignatureMethod",
    "SignatureQuerySet",
    "SignedChannel",
    "Standing",
    "StoredAhead",
    "Text",
    "TextQuerySet",
    "Undertaking",
    "new_attempt_key",
    "new_salt",
]
