"""Dates as people say them, in three calendars: what they mean in days. Knows no record and no page."""
