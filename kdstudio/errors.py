"""The one exception that carries a message for the person at the window or the terminal."""


class KDStudioError(Exception):
    """Something a user can mend: the message names the thing, the value and the remedy."""
