"""The only code that imports `cryptography`: sealing, wrapping, signing, and what opens them.

The wire format is specified in docs/sealed-format.md; nothing here knows a table or a page.
"""
