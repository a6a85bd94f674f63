"""Registry records in and out: tables with mappings, Bayanat, FollowTheMoney; a row twice is one record."""
