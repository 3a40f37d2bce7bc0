"""What tests share: a cluster for the whole run, databases from a template, a running house."""
