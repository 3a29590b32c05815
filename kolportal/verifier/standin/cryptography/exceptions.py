"""The errors of the real package that checks raise."""


class InvalidSignature(Exception):
    """The signature is not by this key over this data."""


class UnsupportedAlgorithm(Exception):
    """A key or hash that this stand-in does not know."""
