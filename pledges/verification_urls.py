"""Addresses under ``/v/``: anybody checks a reference code."""

from django.urls import path

from pledges import verification_views as views

app_name = "verification"
urlpatterns = [
    path("", views.form, name="form"),
    path("<str:reference>/", views.detail, name="detail"),
]
