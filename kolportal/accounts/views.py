"""The signer's own pages."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def my_page(request: HttpRequest) -> HttpResponse:
    """My page."""
    return render(request, "accounts/my_page.html")
