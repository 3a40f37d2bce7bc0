"""How notices look: at the edge of the API (`notice`), and in the recipient's mailbox (`message`)."""
