"""Vetted people, the groups whose keys they hold, and signing in."""
