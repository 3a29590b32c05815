"""``python -m tests.conformance``: make the files, have them judged, write ``docs/conformance.md``; 1 on a finding."""

from __future__ import annotations

import os
import sys
import tempfile


def main() -> int:
    """Everything in a var folder of its own; the judged files stay under ``var/conformance/files``."""
    with tempfile.TemporaryDirectory(prefix="kolportal-conformance-") as folder:
        os.environ["KOLPORTAL_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kolportal.settings")
        import django

        django.setup()
        from tests.conformance import run

        judged, findings = run.everything()
    for finding in findings:
        print(f"conformance: {finding}", file=sys.stderr)
    print("docs/conformance.md has the tables")
    print(f"conformance: {judged - len(findings)} passed, {len(findings)} failed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
