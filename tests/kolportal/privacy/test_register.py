"""No column that can hold text, JSON, bytes or a file is kept because nobody thought of it."""

from __future__ import annotations

from collections import Counter

import pytest
from django.apps import apps
from django.db import models

from kolportal.privacy.register import KEPT, PERSONAL, Way, emptied
from pledges.models import Particulars

SPEAKING = (
    models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField, models.FileField,
)  # fmt: skip
DECLARED = Counter((each.model._meta.label, column) for each in (*PERSONAL, *KEPT) for column in each.columns)


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: str(model._meta.label))
def test_every_column_is_declared_personal_or_kept_with_a_reason(model: type[models.Model]) -> None:
    found = {
        (model._meta.label, field.name)
        for field in model._meta.concrete_fields
        if isinstance(field, SPEAKING)
    }
    assert not found - set(DECLARED), "declare them in kolportal/privacy/register.py"


def test_each_is_declared_once_and_exists() -> None:
    assert [column for column, times in DECLARED.items() if times > 1] == []
    for label, column in DECLARED:
        apps.get_model(label)._meta.get_field(column)


def test_what_is_emptied_in_place_can_hold_the_empty_value() -> None:
    for each in PERSONAL:
        if each.way is Way.EMPTIED:
            assert set(each.columns) <= set(emptied(each.model))
    assert emptied(Particulars)["full_name"] == ""
    assert emptied(Particulars)["strokes"] is None
