"""Links from a case to the persons, prisons and graves of the registry, each resting on its words."""
