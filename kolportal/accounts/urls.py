"""``/me/``: the signer's own pages."""

from django.urls import path

from kolportal.accounts import views

urlpatterns = [path("", views.my_page, name="my_page")]
