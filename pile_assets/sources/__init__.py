"""One module per publisher, each with discover(), fetch() and documents(); parsers that several share are in formats/."""
