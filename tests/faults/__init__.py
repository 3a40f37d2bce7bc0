"""What breaks: strangers, broken input, killed processes."""
