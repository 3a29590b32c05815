"""Addresses under ``/events/``."""

from django.urls import path

from events import views

app_name = "events"
urlpatterns = [
    path("", views.event_list, name="list"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/register/", views.register, name="register"),
    path("<slug:slug>/decline/", views.decline, name="decline"),
    path("<slug:slug>/cancel/", views.cancel, name="cancel"),
    path("<slug:slug>/cover/", views.cover, name="cover"),
    path("<slug:slug>/materials/<int:material_id>/", views.material, name="material"),
]
