"""The demo: an organization to try things out with, and sales that are played through the API as a shop, its buyers and
its sellers would."""
