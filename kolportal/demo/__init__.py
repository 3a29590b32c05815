"""The demo of the embedded default: the September meeting, generated people, pledges signed and sealed by the real path.

Nobody in it exists. Every person carries the organisation ``texts.MARK`` and an address at example.com.
"""
