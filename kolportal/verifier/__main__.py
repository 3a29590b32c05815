"""``python -m kolportal.verifier``."""

import sys

from kolportal.verifier.command import main

if __name__ == "__main__":
    sys.exit(main())
