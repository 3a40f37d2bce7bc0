"""The sandbox: simulators of the outside, each a process with its own books. It imports nothing of the house."""
