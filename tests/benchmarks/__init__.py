"""Figures, measured on demand by ``make bench``: each module's ``run()`` yields ``(name, value, unit)``."""
