"""``/accounts/``: our own page, and allauth's pages that need a fresh proof. Before allauth's own entries, which keep the names."""

from allauth.account import views as allauth
from django.urls import path

from kolportal.accounts import views
from kolportal.accounts.recent_login import Change, recent_login_required

urlpatterns = [
    path("confirm/<slug:purpose>/", views.confirm_change, name="confirm_change"),
    path("email/", recent_login_required(Change.ADDRESS)(allauth.email)),
    path("password/set/", recent_login_required(Change.PASSWORD)(allauth.password_set)),
    path("password/change/", recent_login_required(Change.PASSWORD)(allauth.password_change)),
]
