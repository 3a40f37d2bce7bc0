"""The embedded PostgreSQL: started, killed, refused, backed up."""
