"""The public log's leaves, written in the transaction of what they tell. Indices come later, off the request path.

An entry holds no personal data (docs/adr/0014). ``subject`` is private: it leads from the leaf back to the row, so that each
can be checked against the other.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LeafQuerySet(models.QuerySet["Leaf"]):
    """Reads of leaves."""

    def waiting(self) -> LeafQuerySet:
        """Those without an index, in the order in which they were written."""
        return self.filter(index=None).order_by("id")


class Leaf(models.Model):
    """One entry of the public log. Append-only; ``index`` alone is set, once, by ``kolportal.ledger.leaves.sequence``."""

    entry_type = models.CharField(_("type"), max_length=60)
    subject = models.CharField(_("subject"), max_length=80, db_index=True)
    entry = models.TextField(pgettext_lazy("of the log", "entry"))
    leaf_hash = models.CharField(_("leaf hash"), max_length=64)
    written_at = models.DateTimeField(_("written at"))
    index = models.PositiveBigIntegerField(_("index"), null=True, unique=True)

    objects = LeafQuerySet.as_manager()

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(leaf_hash__regex=r"^[0-9a-f]{64}$"), name="leaf_hash_sha256"),
        )
        indexes = (models.Index(fields=("id",), condition=Q(index=None), name="leaf_waiting"),)

    def __str__(self) -> str:
        return f"{self.entry_type} #{self.pk}"
