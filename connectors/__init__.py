"""The rails: what they accept, refuse and leave unknown, and the identifiers they use."""
