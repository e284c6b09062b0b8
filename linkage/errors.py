"""What may go wrong while data sets are connected."""


class LinkError(ValueError):
    """Something is wrong with a project, its tables or its database; the message is one line for the user."""
