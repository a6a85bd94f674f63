"""Drawings as numbers: a line of time, a map, a graph. All of it is pure; templates draw."""
