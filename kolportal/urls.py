"""Every address of the site. ``/admin/`` is behind allauth's login, so its rate limits hold there too."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from kolportal import views

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the way allauth documents

urlpatterns = [
    path("", views.home, name="home"),
    path("privacy/", views.privacy, name="privacy"),
    # Ours first: some stand before allauth's own entries for the same addresses, which keep the names.
    path("accounts/", include("kolportal.accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("me/", include("kolportal.desk.urls")),
    path("events/", include("events.urls")),
    path("pledges/", include("pledges.urls")),
    path("v/", include("pledges.verification_urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("health/live", views.live, name="health_live"),
    path("health/ready", views.ready, name="health_ready"),
    path("mailbox/", views.mailbox_page, name="mailbox"),
]
if settings.DEBUG:
    # A newcomer who mistypes an address of the demo sees the page that a citizen would. Only addresses of pages, with the
    # closing slash, so that Django still adds it where it is forgotten, and not to names of files.
    urlpatterns.append(re_path(r"^(?:.*/)?[^/.]+/$", views.page_not_found))

handler400 = "kolportal.views.bad_request"
handler403 = "kolportal.views.permission_denied"
handler404 = "kolportal.views.page_not_found"
handler429 = "kolportal.views.too_many_requests"
handler500 = "kolportal.views.server_error"
