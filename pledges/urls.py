"""Addresses under ``/pledges/``. Receipts are told from texts by the shape of the reference code."""

from django.urls import path, re_path

from pledges.views import confirming, decline, preview, receipt, sign, texts, withdraw

app_name = "pledges"
_RECEIPT = r"^receipts/(?P<reference>[0-9A-HJKMNP-TV-Z]{12})/"
_ATTEMPT = r"^(?P<slug>[-a-zA-Z0-9_]+)/sign/"

urlpatterns = [
    re_path(_RECEIPT + "$", receipt.receipt, name="receipt"),
    re_path(_RECEIPT + "state$", receipt.receipt_state, name="receipt_state"),
    re_path(_RECEIPT + "pdf$", receipt.pdf, name="pdf"),
    re_path(_RECEIPT + "withdraw/$", withdraw.withdraw, name="withdraw"),
    re_path(_RECEIPT + "withdraw/code/$", withdraw.code, name="withdraw_code"),
    path("<slug:slug>/", texts.detail, name="detail"),
    path("<slug:slug>/sign/", sign.sign, name="sign"),
    re_path(_ATTEMPT + "check/(?P<key>[0-9a-f]{32})/$", confirming.check, name="check"),
    re_path(_ATTEMPT + "code/(?P<key>[0-9a-f]{32})/$", confirming.code, name="code"),
    re_path(_ATTEMPT + "preview/(?P<key>[0-9a-f]{32})/$", preview.preview, name="preview"),
    re_path(_ATTEMPT + "preview/(?P<key>[0-9a-f]{32})/state$", preview.preview_state, name="preview_state"),
    re_path(_ATTEMPT + "preview/(?P<key>[0-9a-f]{32})/pdf$", preview.preview_pdf, name="preview_pdf"),
    path("<slug:slug>/decline/", decline.decline, name="decline"),
    path("<slug:slug>/decline/undo/", decline.undo_decline, name="undo_decline"),
    path("<slug:slug>/changes/<int:old>/<int:new>/", texts.changes, name="changes"),
    path("<slug:slug>/<int:number>/<str:language>/", texts.version, name="version"),
    path("<slug:slug>/<int:number>/<str:language>.json", texts.canonical, name="canonical"),
]
