"""The part of the API of ``cryptography`` that verification uses, in plain Python: keys that check and cannot sign."""
