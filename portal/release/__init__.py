"""Anonymised releases: what leaves the portal, generalised until no family stands out, and checked apart."""
