"""Names as in the real package."""
