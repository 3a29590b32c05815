"""Addresses under ``/pledges/``. Receipts are told from texts by the shape of the reference code."""

from django.urls import path, re_path

from pledges.views import decline, receipt, sign, texts

app_name = "pledges"
_RECEIPT = r"^receipts/(?P<reference>[0-9A-HJKMNP-TV-Z]{12})/"

urlpatterns = [
    re_path(_RECEIPT + "$", receipt.receipt, name="receipt"),
    re_path(_RECEIPT + "state$", receipt.receipt_state, name="receipt_state"),
    re_path(_RECEIPT + "pdf$", receipt.pdf, name="pdf"),
    re_path(_RECEIPT + "withdraw/$", receipt.withdraw, name="withdraw"),
    path("<slug:slug>/", texts.detail, name="detail"),
    path("<slug:slug>/sign/", sign.sign, name="sign"),
    path("<slug:slug>/decline/", decline.decline, name="decline"),
    path("<slug:slug>/decline/undo/", decline.undo_decline, name="undo_decline"),
    path("<slug:slug>/changes/<int:old>/<int:new>/", texts.changes, name="changes"),
    path("<slug:slug>/<int:number>/<str:language>/", texts.version, name="version"),
    path("<slug:slug>/<int:number>/<str:language>.json", texts.canonical, name="canonical"),
]
