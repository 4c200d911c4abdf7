"""Reading the store for people: where a row came from, what is where, whether all is whole. Nothing here writes."""
