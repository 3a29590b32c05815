"""A whole PKI on loopback for the tests: authorities, seal and time-stamp certificates, CRLs, OCSP, RFC 3161, over real HTTP.

``with tests.pki.running() as pki:`` starts it on a free port; nothing of Django is needed. It lives at a simulated time,
``pki.clock`` (2026-09-10 01:30 UTC at first): time-stamps, CRLs and OCSP responses are dated by it and tests pass it as
``at``, so no test rots with the calendar; ``with pki.at(moment):`` moves it. Faults are asked for by URL
(``pki.tsa_url("tsa", fault="wrong-nonce")``) or laid on a service (``with pki.failing(ocsp="unavailable"):``).
"""

from tests.pki.architecture import CLOCK
from tests.pki.faults import Fault
from tests.pki.server import LoopbackPki, running

__all__ = ["CLOCK", "Fault", "LoopbackPki", "running"]
