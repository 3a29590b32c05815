"""The pledges' part of the administration. Importing registers it (Django's autodiscovery imports this package)."""

from pledges.admin import declines, documents, editions, pledges, signatures, texts

__all__ = ["declines", "documents", "editions", "pledges", "signatures", "texts"]
