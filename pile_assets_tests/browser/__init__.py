"""The pages of a running deployment, looked at and used by a real browser."""
