"""The demonstration: a founded instance with invented people, both faces on loopback, gone on Ctrl-C."""
