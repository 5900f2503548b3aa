"""ISO 20022 messages of an instant payment rail: bytes of XML to typed values and back. Pure."""
