"""The kinds of work that pledges give to the queue; their handlers stand where the work is done."""

from datetime import timedelta

from django.conf import settings

from kolportal.work.kinds import Kind

SEAL = Kind(
    "pledges.seal", tries=settings.SEAL_MAX_ATTEMPTS, lease=timedelta(seconds=settings.SEAL_LEASE_SECONDS)
)
PREVIEW = Kind("pledges.preview", tries=2, lease=timedelta(minutes=1), priority=9)
"""The pages of an attempt as they would be printed; behind everything else, and signing never waits for it."""
DESTROY = Kind("pledges.destroy", tries=1000)
"""The bytes of destroyed files; not given up while the storage is away."""
