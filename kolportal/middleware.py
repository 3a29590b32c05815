"""The request's id and one log line per request; the language; the one exception from the content security policy."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

log = structlog.get_logger("kolportal.request")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,40}")


class RequestContextMiddleware:
    """Binds ``request_id`` (a proxy's ``X-Request-ID`` or a new one) to every log line and answers with it.

    The line names the route, not the path: paths hold reference codes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        match = request.resolver_match
        if match is None or not match.view_name or not match.view_name.startswith("health"):
            log.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000),
            )
        return response


class ChosenLanguageMiddleware:
    """Vietnamese, unless the person chose otherwise with the switch in the head of the page (a cookie).

    The browser's list of languages does not count: many phones here are set to English, and their owners would be given
    the translation of a pledge instead of its Vietnamese text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        # Left active at the end, as Django's own does: a streamed body is made after this returns.
        translation.activate(language)
        request.LANGUAGE_CODE = language  # the name that Django's LocaleMiddleware gives it
        response = self.get_response(request)
        patch_vary_headers(response, ["Cookie"])
        response.headers.setdefault("Content-Language", language)
        return response


class PrivatePagesMiddleware:
    """A page given to somebody with a session may speak of that person: nobody keeps it, neither a proxy nor the browser, whose
    memory of pages (the back-forward cache) would show it to the next person after log-out.

    What a view calls public (a picture) stays so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return response
        if "public" not in response.get("Cache-Control", ""):
            patch_cache_control(response, private=True, no_cache=True, no_store=True)
        if request.session.is_empty():
            # The session ended with this request: logged out, here or on another device, or too old. An addition and not the
            # means: not every browser obeys, and only on secure origins. Not "cookies", which would take the chosen language
            # along; not "storage", where drafts of other accounts lie, each under a key of its own account.
            response["Clear-Site-Data"] = '"cache"'
        return response


class OwnNotFoundPageMiddleware:
    """Our page for what a view does not find, also while DEBUG is on, where Django would show its technical one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The 404 page for ``Http404``; nothing for other exceptions."""
        return render(request, "404.html", status=404) if isinstance(exception, Http404) else None


class AdminAwarePolicyMiddleware(CSPMiddleware):
    """``settings.CONTENT_SECURITY_POLICY`` everywhere; the administration alone may also evaluate strings.

    Unfold is drawn by Alpine.js, which compiles the expressions in its attributes (docs/adr/0010). Inline scripts and
    inline styles stay forbidden there too.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Adds ``'unsafe-eval'`` for the pages of the administration."""
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if request.resolver_match is not None and request.resolver_match.app_name == "admin":
            parts.update = {**(parts.update or {}), "script-src": ["'unsafe-eval'"]}
        return parts
