"""Where EU DSS, however strict its policy, passes a file that our check refuses; each with the reason.

Held exactly: a new one is a finding, and so is one that DSS has come to refuse.
"""

from __future__ import annotations

from typing import Final

LAXER: Final = {
    "changed-filling": "DSS does not look at the zeros behind the signature; no signature covers them",
    "trailing-bytes": "DSS reads up to the last index that it finds",
    "isa-without-index": "DSS reads up to the last index that it finds",
    "hidden-object": "DSS follows what is referred to; an object that nothing shows is no change to it",
    "hidden-bytes": "DSS compares objects, not bytes",
    "attachment": "DSS compares pages, forms and annotations; another attachment is no change to it",
    "metadata": "DSS compares pages, forms and annotations; other metadata are no change to it",
    "shadow-replace": "the certification permits to fill form fields, and the attacker had laid one ready; our check permits none",
    "approval-only": "a signature that certifies nothing is good to DSS; a pledge's seal must forbid changes",
    "another-kind": "DSS takes CMS signatures of the older kind (adbe.pkcs7.detached) as they are; a seal of ours is never one",
    "stamp-of-another": "DSS leaves a bad time-stamp aside, with a warning, and judges the rest as if there were none",
    "stamp-altered": "DSS leaves a bad time-stamp aside, with a warning, and judges the rest as if there were none",
    "document-stamp-of-another": "DSS leaves a bad time-stamp aside, with a warning, and judges the rest as if there were none",
    "bomb-validation-data": "DSS inflates 100 MB; our check refuses to",
    "many-revisions": "DSS reads any number of revisions; our check refuses more than forty",
    "deep": "DSS reads deeper nesting than our check does",
}
