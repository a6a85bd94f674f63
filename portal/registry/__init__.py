"""Persons, prisons, graves, bodies and events: public reference data, each statement with its source."""
