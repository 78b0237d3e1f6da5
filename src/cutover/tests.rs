//! Scripts against a fake server.
