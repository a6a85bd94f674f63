"""Sealed bytes at rest."""
