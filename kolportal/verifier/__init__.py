"""``kolportal-verify``: a signed PDF, its proof and trusted keys in; plain words out. No network, no Django, no database.

Built into one file that any Python 3.11 to 3.13 runs (``make verifier``). Exit codes: 0 whole and logged, 1 not, 2 cannot tell,
64 wrong use.
"""
