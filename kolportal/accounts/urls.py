"""``/me/``: the signer's own pages."""

from django.urls import path

from kolportal.accounts import views

urlpatterns = [
    path("profile/", views.edit_profile, name="profile"),
    path("channels/add/", views.add_channel, name="channel_add"),
    path("channels/<int:pk>/", views.edit_channel, name="channel_edit"),
    path("channels/<int:pk>/remove/", views.remove_channel, name="channel_remove"),
    path("log-out-everywhere/", views.log_out_everywhere, name="log_out_everywhere"),
]
