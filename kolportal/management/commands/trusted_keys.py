"""``python manage.py trusted_keys > trusted.json``: what ``kolportal-verify`` must know to check this site's documents."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management.base import BaseCommand, CommandError

from kolportal import pades, sealing_key
from kolportal.verifier.trusted import FORMAT


class Command(BaseCommand):
    """Public halves only. Whoever hands the file on vouches for it: by a signed page, on paper, face to face."""

    help = "Print the keys to trust when checking documents of this site, as JSON for kolportal-verify."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = sealing_key.current()
        except pades.SealingError as error:
            raise CommandError(f"no sealing key: {error}") from error
        root = key.chain[-1] if key.chain else key.certificate
        if not key.is_test and root.issuer != root.subject:
            self.stderr.write(
                "The chain of the sealing key ends below its root; that authority is trusted instead."
            )
        keys = {
            "format": FORMAT,
            "seal_roots": [root.public_bytes(Encoding.PEM).decode()],
            "timestamp_roots": [],
            "log": None,
        }
        self.stdout.write(json.dumps(keys, indent=2))
