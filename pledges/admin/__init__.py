"""The pledges' part of the administration. Importing registers it (Django's autodiscovery imports this package)."""

from pledges.admin import declines, documents, signatures, texts

__all__ = ["declines", "documents", "signatures", "texts"]
