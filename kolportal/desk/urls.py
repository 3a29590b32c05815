"""``/me/``: the signer's own pages."""

from django.urls import path

from kolportal.desk import details, my_page

urlpatterns = [
    path("", my_page.my_page, name="my_page"),
    path("profile/", details.edit_profile, name="profile"),
    path("channels/add/", details.add_channel, name="channel_add"),
    path("channels/<int:pk>/", details.edit_channel, name="channel_edit"),
    path("channels/<int:pk>/remove/", details.remove_channel, name="channel_remove"),
    path("log-out-everywhere/", details.log_out_everywhere, name="log_out_everywhere"),
]
