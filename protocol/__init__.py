"""The words of the wire: messages, their data, failure codes, and the one strict converter."""
