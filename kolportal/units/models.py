"""Organising units: the walls between whose data staff may see. Every ``of_staff`` of the apps above ends here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from kolportal.accounts.models import User


class OrganisingUnitQuerySet(models.QuerySet["OrganisingUnit"]):
    """Reads of units."""

    def of_staff(self, user: User) -> OrganisingUnitQuerySet:
        """The units whose data this member of staff may see: all for a superuser or administrator, else the own ones."""
        return self if sees_all_units(user) else self.filter(members=user)


def sees_all_units(user: User) -> bool:
    """Whether no unit's wall holds for this account."""
    return user.is_superuser or user.has_perm("units.see_all_units")


class OrganisingUnit(models.Model):
    """A body that organises meetings and keeps pledges (đơn vị tổ chức)."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    short_name = models.CharField(_("short name"), max_length=60)
    address = models.CharField(_("address"), max_length=300, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=30, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="organising_units",
        verbose_name=_("staff of this unit"),
    )

    objects = OrganisingUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("organising unit")
        verbose_name_plural = _("organising units")
        ordering = ("name",)
        permissions = (("see_all_units", "Sees the data of every organising unit"),)

    def __str__(self) -> str:
        return self.name
