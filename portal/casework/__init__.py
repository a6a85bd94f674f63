"""The desk: a submission is read, marked, coded and answered here, as a case under its own id."""
