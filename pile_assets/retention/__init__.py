"""What the store keeps and for how long: what is still referred to, what may go, and what must go at once."""
