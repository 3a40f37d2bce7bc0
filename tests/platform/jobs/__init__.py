"""Jobs: once each, whoever is killed; in order, under limits, on time."""
