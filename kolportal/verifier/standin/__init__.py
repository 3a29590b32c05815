"""Stands in for compiled packages inside the one-file verifier; outside of it nothing imports this."""
