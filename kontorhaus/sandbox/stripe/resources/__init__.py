"""The objects of the API, a file per noun: the shape of each, what can be done with it, and its endpoints."""
