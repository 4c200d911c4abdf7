"""What people decide about licences, and what they decide it on: evidence pages, held documents, samples, changes."""
