"""Addresses under ``/v/``: anybody checks a reference code."""

from django.urls import URLPattern

app_name = "verification"
urlpatterns: list[URLPattern] = []
